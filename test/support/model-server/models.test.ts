/** The model table against spec/messages.md §3–§6, rule by rule: which models refuse what. */
import { describe, expect, it } from "vitest";
import { COMPACT_ON_DEMAND } from "./betas.ts";
import { body, CONTEXT, received, system, tool, user, words } from "./cases/ask.ts";
import type { Fields } from "./json.ts";
import { MODELS } from "./models.ts";
import { validateReceived } from "./validate.ts";

const FABLES = ["fable-5-2", "mythos-5-2", "fable-5-1", "mythos-5-1"];
const FIRST_FABLES = ["fable-5", "mythos-5"];
const OLDEST = ["opus-4-5", "sonnet-4-5", "haiku-4-5"];
const START = user(words("go"));

/** Short names of the models that refuse a request with these parameters. */
function refusing(more: Fields, betas: string[] = []): string[] {
  const refused = MODELS.filter(({ id }) => {
    const ask = body({ max_tokens: 2000, ...more, model: id }, betas);
    return validateReceived(received(ask), CONTEXT) !== null;
  });
  return refused.map(({ id }) => id.replace("claude-", "")).sort();
}

function allBut(...names: string[]): string[] {
  return MODELS.map(({ id }) => id.replace("claude-", ""))
    .filter((name) => !names.includes(name))
    .sort();
}

describe("the model table", () => {
  it("refuses adaptive thinking on the oldest models only", () => {
    expect(refusing({ thinking: { type: "adaptive" } })).toEqual([...OLDEST].sort());
  });

  it("takes a thinking budget on 4.6 and older only", () => {
    const thinking = { type: "enabled", budget_tokens: 1024 };
    expect(refusing({ thinking })).toEqual(allBut(...OLDEST, "opus-4-6", "sonnet-4-6"));
  });

  it("cannot turn thinking off on models that always think", () => {
    const always = [...FABLES, ...FIRST_FABLES, "opus-5-5", "sonnet-5-5", "haiku-5-5"];
    expect(refusing({ thinking: { type: "disabled" } })).toEqual(always.sort());
  });

  it("takes between_tools on Sonnet 5.5 only", () => {
    expect(refusing({ thinking: { type: "between_tools" } })).toEqual(allBut("sonnet-5-5"));
  });

  it("turns thinking off at high efforts except on Opus 5", () => {
    const thinking = { type: "disabled" };
    const off = (effort: string) => refusing({ thinking, output_config: { effort } });
    expect(off("xhigh").filter((name) => !off("high").includes(name))).toEqual(
      ["opus-4-5", "opus-4-6", "opus-5", "sonnet-4-6"], // the 4.x ones do not know xhigh
    );
  });

  it("refuses forced tools on the newest models", () => {
    const forced = { tools: [tool()], tool_choice: { type: "any" } };
    expect(refusing(forced)).toEqual([...FABLES, "opus-5-5", "sonnet-5-5"].sort());
  });

  it("takes prefill on 4.5 models only", () => {
    expect(refusing({ messages: [START, { role: "assistant", content: "The" }] })).toEqual(allBut(...OLDEST));
  });

  it("takes system messages where the spec says so", () => {
    const able = [...FABLES, ...FIRST_FABLES, "opus-4-8", "opus-5", "opus-5-5", "sonnet-5-5"];
    expect(refusing({ messages: [START, system(words("Now."))] })).toEqual(allBut(...able));
  });

  it("knows the effort levels of each", () => {
    const none = ["sonnet-4-5", "haiku-4-5"];
    expect(refusing({ output_config: { effort: "high" } })).toEqual([...none].sort());
    expect(refusing({ output_config: { effort: "max" } })).toEqual([...OLDEST].sort());
    expect(refusing({ output_config: { effort: "xhigh" } })).toEqual([...OLDEST, "opus-4-6", "sonnet-4-6"].sort());
  });

  it("compacts on demand on all but Haiku and 4.5", () => {
    const refused = refusing({ compaction: { type: "summarize" } }, [COMPACT_ON_DEMAND]);
    expect(refused).toEqual([...OLDEST, "haiku-5-5"].sort());
  });

  it("binds thinking to its conversation on the newest", () => {
    const bound = MODELS.filter((model) => model.bound).map(({ id }) => id.replace("claude-", ""));
    expect(bound.sort()).toEqual([...FABLES, "opus-5-5", "sonnet-5-5", "haiku-5-5"].sort());
  });

  it("counts a prompt against the window of its model, where windows count", () => {
    const ask = received(body({ model: "claude-haiku-4-5", messages: [user(words("x".repeat(900_000)))] }));
    expect(validateReceived(ask, CONTEXT)).toMatchObject({ rule: "window.prompt" });
    expect(validateReceived(ask, { ...CONTEXT, windows: false })).toBeNull();
  });
});
