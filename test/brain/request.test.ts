import { describe, expect, test } from "vitest";
import { findModel, listModels } from "../../src/brain/models/facts.ts";
import {
  narrates,
  type RequestOptions,
  requestBetas,
  requestPrefix,
  requestSuffix,
} from "../../src/brain/prompt/request.ts";

const TOOLS = ["b", "a"].map((name) => ({ name, description: `does ${name}`, input_schema: { type: "object" } }));
const EPHEMERAL = { type: "ephemeral" };

function options(
  id: string,
  more: Partial<RequestOptions["agent"]["model"]> = {},
  system: string | null = "Be brief.",
): RequestOptions {
  return { agent: { model: { id, ...more }, system }, tools: TOOLS };
}

/** The request with one message in it. */
function request(opts: RequestOptions, previousMessageId: string | null = null): Record<string, unknown> {
  return JSON.parse(`${requestPrefix(opts)}{"role":"user"}${requestSuffix({ previousMessageId })}`);
}

describe("the ends of a request", () => {
  test("are these bytes, in this order", () => {
    expect(requestPrefix(options("claude-opus-5-5", { effort: { type: "medium" }, speed: "standard" }))).toBe(
      '{"model":"claude-opus-5-5","max_tokens":64000,"stream":true,"thinking":{"type":"adaptive","display":"updates"},' +
        '"output_config":{"effort":"medium"},"cache_control":{"type":"ephemeral"},' +
        '"tools":[{"name":"b","description":"does b","input_schema":{"type":"object"}},' +
        '{"name":"a","description":"does a","input_schema":{"type":"object"}}],' +
        '"system":[{"type":"text","text":"Be brief.","cache_control":{"type":"ephemeral"}}],"messages":[',
    );
    expect(requestSuffix({ previousMessageId: null })).toBe('],"diagnostics":{"previous_message_id":null}}');
    expect(requestSuffix({ previousMessageId: "msg_1" })).toBe('],"diagnostics":{"previous_message_id":"msg_1"}}');
  });

  test.each(listModels().map((model) => model.id))("hold nothing that %s refuses", (id) => {
    const effort = { type: "max" } as const;
    const sent = request(options(id, { effort }));
    const allowed = [
      "model",
      "max_tokens",
      "stream",
      "thinking",
      "output_config",
      "cache_control",
      "tools",
      "system",
      "messages",
      "diagnostics",
    ];
    expect(allowed).toEqual(expect.arrayContaining(Object.keys(sent)));
    const facts = findModel(id);
    expect(sent.max_tokens).toBeLessThanOrEqual(facts?.maxOutput ?? 0);
    expect(sent.output_config !== undefined).toBe(facts?.effort?.levels.includes("max") ?? false);
    expect(sent.thinking !== undefined).toBe(facts?.thinking.includes("adaptive"));
  });

  test("mark the last tool when there is no system text, and leave both out when there are none", () => {
    const bare = request(options("claude-opus-5-5", {}, " "));
    expect(bare.system).toBeUndefined();
    expect(bare.tools).toMatchObject([{ name: "b" }, { name: "a", cache_control: EPHEMERAL }]);
    expect(JSON.stringify(request(options("claude-opus-5-5")).tools)).not.toContain("cache_control");
    expect(request({ ...options("claude-opus-5-5", {}, null), tools: [] })).not.toHaveProperty("tools");
  });

  test("send the model's default effort like any other", () => {
    expect(request(options("claude-haiku-5-5")).output_config).toEqual({ effort: "medium" });
    expect(request(options("claude-haiku-4-5", { effort: { type: "low" } }))).not.toHaveProperty("output_config");
  });

  test("leave more room at the highest efforts", () => {
    expect(request(options("claude-opus-5", { effort: { type: "xhigh" } })).max_tokens).toBe(128_000);
    expect(request(options("claude-opus-5", { effort: { type: "high" } })).max_tokens).toBe(64_000);
  });

  test("send speed and place only when they are set and known to work", () => {
    const sent = request(options("claude-opus-4-8", { speed: "fast", inference_geo: "us" }));
    expect(sent).toMatchObject({ speed: "fast", inference_geo: "us" });
    expect(request(options("claude-sonnet-5", { speed: "fast" }))).not.toHaveProperty("speed");
    expect(request(options("claude-opus-4-8", { speed: "standard" }))).not.toHaveProperty("speed");
  });

  test("ask a model that is not in the table for nothing special", () => {
    const sent = request(options("somebody/large", { effort: { type: "high" }, speed: "fast" }));
    expect(Object.keys(sent)).toEqual([
      "model",
      "max_tokens",
      "stream",
      "cache_control",
      "tools",
      "system",
      "messages",
      "diagnostics",
    ]);
  });
});

describe("betas", () => {
  test("come with the fields that need them", () => {
    expect(requestBetas(options("claude-opus-5-5"))).toEqual(["thinking-display-updates-2026-08-18"]);
    expect(requestBetas(options("claude-opus-5"))).toEqual([]);
    expect(requestBetas(options("claude-opus-5", { speed: "fast" }))).toEqual(["fast-mode-2026-02-01"]);
    expect(requestBetas(options("claude-opus-5-5", { speed: "fast" }))).toEqual([
      "thinking-display-updates-2026-08-18",
    ]);
  });

  test("a changed history drops thinking that no longer fits", () => {
    const dropped = { ...options("claude-opus-5-5"), dropBlock: true };
    expect(request(dropped).thinking).toEqual({
      type: "adaptive",
      display: "updates",
      block_binding: { prefix_mismatch_behavior: "drop_block" },
    });
    expect(requestBetas(dropped)).toEqual([
      "thinking-display-updates-2026-08-18",
      "thinking-binding-controls-2026-08-01",
    ]);
    expect(requestBetas({ ...options("claude-haiku-4-5"), dropBlock: true })).toEqual([]);
  });

  test("narration is known per model", () => {
    expect(narrates("claude-sonnet-5-5")).toBe(true);
    expect(narrates("claude-sonnet-5")).toBe(false);
    expect(narrates("somebody/large")).toBe(false);
  });
});
