/** Turns on the SDK that no golden log tells of: what is written is the golden logs' (test/conformance/golden), each played with the same SDK. */
import { describe, expect, test } from "vitest";
import { say } from "../../support/model-server/answer.ts";
import { TWO_FORMS } from "./forms.ts";
import { useLab } from "./lab.ts";
import { message, open, send, turn } from "./reader.ts";
import { reportRules } from "./rules.ts";

const lab = useLab();
const toolset = { type: "agent_toolset_20260401" as const };
const calls = (...uses: [name: string, input: Record<string, unknown>][]) => ({
  blocks: uses.map(([name, input]) => ({ type: "tool_use" as const, name, input })),
});
const bash = (command: string): [string, Record<string, unknown>] => ["bash", { command }];
const text = (content: unknown) => JSON.stringify(content);

describe.each(TWO_FORMS)("$name", (form) => {
  test("tools run on a real machine, and its files outlast the turn", async () => {
    const { client, session } = await lab.talk(form, { tools: [toolset] });
    const prompt = lab.script(
      calls(bash("echo forty two > answer.txt && pwd"), ["read", { file_path: "/workspace/answer.txt" }]),
      say("Written."),
      calls(["grep", { pattern: "two", path: "/workspace" }]),
      say("Found."),
    );
    const first = await turn(client, session.id, [message(prompt)]);
    const results = first.of("agent.tool_result");
    expect(results.map(({ is_error }) => is_error)).toEqual([false, false]);
    expect(results.map(({ tool_use_id }) => tool_use_id)).toEqual(first.of("agent.tool_use").map(({ id }) => id));
    expect(text(results[0]?.content)).toContain("/workspace");
    expect(text(results[1]?.content)).toContain("forty two");
    const second = await turn(client, session.id, [message("And now?")]);
    expect(text(second.of("agent.tool_result")[0]?.content)).toContain("answer.txt:1:forty two");
  });

  test("usage and list cost add up over the turns", async () => {
    const { client, session } = await lab.talk(form);
    expect(session.usage).toEqual({});
    const usage = {
      input_tokens: 100_000,
      output_tokens: 20_000,
      cache_read_input_tokens: 500_000,
      cache_creation_input_tokens: 40_000,
      cache_creation: { ephemeral_5m_input_tokens: 40_000, ephemeral_1h_input_tokens: 0 },
    };
    const prompt = lab.script({ ...say("One."), usage }, { ...say("Two."), usage });
    const first = await turn(client, session.id, [message(prompt)]);
    const second = await turn(client, session.id, [message("Go on.")]);
    const { cache_creation: _, ...flat } = usage;
    expect(second.of("span.model_request_end")[0]?.model_usage).toMatchObject(flat);
    const cumulative = second.of("session.usage")[0]?.usage;
    expect(cumulative).toMatchObject({
      input_tokens: 200_000,
      output_tokens: 40_000,
      cache_read_input_tokens: 1_000_000,
      cache_creation: { ephemeral_5m_input_tokens: 80_000, ephemeral_1h_input_tokens: 0 },
    });
    // Sonnet 5.5 (spec/core.md §10), a turn: 0.20 + 0.20 + 0.10 + 0.10 USD; a second of runtime is 0.002 cents.
    expect(first.of("session.usage")[0]?.usage.list_cost).toEqual({ amount: "60", currency: "USD" });
    expect(cumulative?.list_cost).toEqual({ amount: "120", currency: "USD" });
    const read = await client.beta.sessions.retrieve(session.id);
    expect(read.usage).toEqual(cumulative);
    expect(read.stats.active_seconds).toBe(read.usage.active_seconds);
    expect(read.stats.duration_seconds ?? 0).toBeGreaterThanOrEqual(read.stats.active_seconds ?? 0);
  });

  test("all at once: previews, thinking and a session deleted under its readers", async () => {
    const { client, session } = await lab.talk(form);
    const reader = await open(client, session.id, ["agent.message", "agent.thinking"]);
    const blocks = [
      { type: "thinking" as const, text: "Hm." },
      { type: "text" as const, text: "Well, yes.", chunks: 3 },
    ];
    await send(client, session.id, message(lab.script({ blocks })));
    await reader.idle();
    await client.beta.sessions.delete(session.id);
    expect(await reader.ended()).toBe("clean");
    expect(reader.types().at(-1)).toBe("session.deleted");
  });
});

reportRules(["schema", "money", "log.result-order", "stream.deleted-last", "stream.delta-announced"]);
