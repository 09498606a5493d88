import { describe, expect, test } from "vitest";
import { ModelFailure, type ModelRequest, type RawEvent } from "../../../src/brain/model.ts";
import { DEFAULT_PACE, paceFrom, RehearsalModel } from "../../../src/brain/models/rehearsal.ts";
import { DEMONSTRATION_TASK } from "../../../src/brain/models/rehearsal-script.ts";
import { type Finished, type Part, ResponseFold } from "../../../src/brain/response/fold.ts";
import { collect } from "./collect.ts";

const AT_ONCE = { firstMs: 0, gapMs: 0 };
const never = () => new Promise<void>(() => undefined);

function user(...texts: string[]): object {
  return { role: "user", content: texts.map((text) => ({ type: "text", text })) };
}

function script(...steps: object[]): string {
  return fence(JSON.stringify({ steps }));
}

function fence(text: string): string {
  return `Please play this:\n\`\`\`rehearsal\n${text}\n\`\`\`\nThank you.`;
}

function results(finished: Finished, ...texts: string[]): object {
  const ids = calls(finished).map((call) => call.id);
  const content = texts.map((text, i) => ({
    type: "tool_result",
    tool_use_id: ids[i],
    content: [{ type: "text", text }],
  }));
  return { role: "user", content };
}

function calls(finished: Finished): Extract<Part, { kind: "tool_use" }>[] {
  return finished.parts.filter((part) => part.kind === "tool_use");
}

function said(finished: Finished): string {
  return finished.parts.flatMap((part) => (part.kind === "message" ? part.texts : [])).join("");
}

function assistant(finished: Finished): object {
  return { role: "assistant", content: JSON.parse(finished.wire) };
}

function requestOf(messages: object[], signal = new AbortController().signal): ModelRequest {
  const bytes = new TextEncoder().encode(JSON.stringify({ model: "rehearsal", messages }));
  return { model: "rehearsal", betas: [], body: () => bytes, length: bytes.length, signal };
}

async function events(messages: object[]): Promise<RawEvent[]> {
  const model = new RehearsalModel({ pace: AT_ONCE, sleep: never });
  return collect(model.stream(requestOf(messages)));
}

async function play(messages: object[]): Promise<Finished> {
  const fold = new ResponseFold({ narrates: false });
  for (const event of await events(messages)) fold.push(event);
  return fold.end();
}

describe("a script", () => {
  const opening = user(
    script(
      { think: true, say: "I look.", calls: [{ name: "bash", input: { command: "ls" } }, { name: "read" }] },
      {
        say: "{{result.1}} and {{result.2}}, last {{result}}, {{result.9}}",
        calls: [{ name: "bash", input: { a: ["{{result}}", 1] } }],
      },
      { say: "Done: {{result}}" },
    ),
  );

  test("plays one step per response, with the results in the places that name them", async () => {
    const first = await play([opening]);
    expect(first).toMatchObject({ complete: true, stopReason: "tool_use", model: "rehearsal" });
    expect(first.parts.map((part) => part.kind)).toEqual(["thinking", "message", "tool_use", "tool_use"]);
    expect(calls(first)).toMatchObject([
      { name: "bash", input: { command: "ls" }, cut: false },
      { name: "read", input: {}, cut: false },
    ]);
    const afterFirst = [opening, assistant(first), results(first, "a.csv\n", "$& text")];
    const second = await play(afterFirst);
    expect(said(second)).toBe("a.csv and $& text, last $& text, (no result 9)");
    expect(calls(second)).toMatchObject([{ input: { a: ["$& text", 1] } }]);
    const third = await play([...afterFirst, assistant(second), results(second, "42")]);
    expect(third).toMatchObject({ stopReason: "end_turn" });
    expect(said(third)).toBe("Done: 42");
    const ids = [...calls(first), ...calls(second)].map((call) => call.id);
    expect(new Set(ids).size).toBe(3);
  });

  test("plays the same step for the same request, as after a crash", async () => {
    expect(await events([opening])).toEqual(await events([opening]));
  });

  test("goes on when plain text comes along with results, gives way to a new script, and ends with plain text in a turn of its own", async () => {
    const first = await play([opening]);
    const during = {
      role: "user",
      content: [...(results(first, "r1", "r2") as { content: object[] }).content, { type: "text", text: "Hurry!" }],
    };
    expect(said(await play([opening, assistant(first), during]))).toContain("r1 and r2");
    const noted = [results(first, "r1", "r2"), { role: "system", content: "Note." }, user("Hurry!")];
    expect(said(await play([opening, assistant(first), ...noted]))).toContain("r1 and r2");
    const anew = { role: "user", content: [...during.content, { type: "text", text: script({ say: "New." }) }] };
    expect(said(await play([opening, assistant(first), anew]))).toBe("New.");
    expect(said(await play([opening, assistant(first), user("Hurry!")]))).toContain("rehearsal");
  });

  test("the newest of several in a turn is played; system messages do not count", async () => {
    const both = user(script({ say: "Old." }), script({ say: "New." }), "and plain text");
    expect(said(await play([both, { role: "system", content: "Note." }]))).toBe("New.");
  });

  test("ends in words when it is played out", async () => {
    const opening = user(script({ calls: [{ name: "bash" }] }));
    const first = await play([opening]);
    expect(said(await play([opening, assistant(first), results(first, "x")]))).toMatch(
      /1 steps, and all of them are played/,
    );
  });

  test("can refuse, and can break off in the middle of a call", async () => {
    const refused = await play([user(script({ stop: "refusal" }))]);
    expect(refused).toMatchObject({ stopReason: "refusal", stopDetails: { type: "refusal" }, parts: [] });
    const cut = await play([
      user(script({ stop: "max_tokens", calls: [{ name: "bash" }, { name: "bash", input: { command: "rm" } }] })),
    ]);
    expect(cut.stopReason).toBe("max_tokens");
    expect(calls(cut).map((call) => call.cut)).toEqual([false, true]);
  });
});

describe("what is no script", () => {
  test("gets one message that says what this is and how to get a real model", async () => {
    const answer = await play([user("What is the weather?")]);
    expect(answer.stopReason).toBe("end_turn");
    expect(said(answer)).toMatch(/rehearsal[\s\S]*ANTHROPIC_API_KEY[\s\S]*\.dev\.vars[\s\S]*wrangler secret put/);
    expect(said(await play([]))).toBe(said(answer));
  });

  test.each([
    ['{"steps":[', /not valid JSON/],
    ['{"steps":[]}', /steps: /],
    ['{"steps":[{"sayy":"x"}]}', /steps\.0: .*sayy/],
    ['{"steps":[{"stop":"tool_use"}]}', /steps\.0\.stop/],
    ['{"steps":[{"calls":[{"input":{}}]}]}', /steps\.0\.calls\.0\.name/],
  ])("gets told what is wrong with %s", async (text, message) => {
    expect(said(await play([user(fence(text))]))).toMatch(message);
  });

  test("an open fence is named", async () => {
    expect(said(await play([user('```rehearsal\n{"steps":[]}')]))).toMatch(/no closing line/);
  });

  test("a text of nothing but open fences is read once: from each of them to the end took minutes", async () => {
    expect(said(await play([user("```rehearsal\n".repeat(150_000))]))).toMatch(/no closing line/);
  });
});

describe("the demonstration", () => {
  test("is known by its exact first line", async () => {
    const first = await play([user(`${DEMONSTRATION_TASK}\nand more`)]);
    expect(calls(first)).toMatchObject([{ name: "bash" }]);
    expect(said(await play([user(`Hello. ${DEMONSTRATION_TASK}`)]))).toContain("ANTHROPIC_API_KEY");
    expect(said(await play([user("constructor")]))).toContain("ANTHROPIC_API_KEY");
  });
});

describe("the events", () => {
  test("are those of the Messages API, complete in usage", async () => {
    const all = await events([user(script({ say: "Hello there, you." }))]);
    expect(all.map((event) => event.type)).toEqual([
      "message_start",
      "content_block_start",
      "content_block_delta",
      "content_block_delta",
      "content_block_delta",
      "content_block_stop",
      "message_delta",
      "message_stop",
    ]);
    expect((await play([user(script({ say: "Hello there, you." }))])).usage).toMatchObject({
      output: 5,
      estimated: false,
    });
  });

  test("of a very long text come in bigger pieces", async () => {
    const say = "word ".repeat(10_000);
    const all = await events([user(script({ say }))]);
    expect(all.filter((event) => event.type === "content_block_delta").length).toBeLessThanOrEqual(400);
    expect(said(await play([user(script({ say }))]))).toBe(say);
  });

  test("keep the pace: a pause before the first content, a gap before each delta", async () => {
    const slept: number[] = [];
    const model = new RehearsalModel({ pace: { firstMs: 400, gapMs: 25 }, sleep: async (ms) => void slept.push(ms) });
    await collect(model.stream(requestOf([user(script({ say: "one two" }))])));
    expect(slept).toEqual([400, 25, 25]);
  });

  test("end when aborted, also in the middle of a pause", async () => {
    const control = new AbortController();
    const model = new RehearsalModel({ pace: DEFAULT_PACE, sleep: never });
    const stream = model.stream(requestOf([user("x")], control.signal));
    await stream.next();
    const next = stream.next();
    control.abort();
    await expect(next).rejects.toMatchObject({ kind: "aborted" });
    const late = model.stream(requestOf([user("x")], AbortSignal.abort()));
    await expect(late.next()).rejects.toBeInstanceOf(ModelFailure);
  });

  test("a pace is two numbers, or the default", () => {
    expect(paceFrom("0,0")).toEqual(AT_ONCE);
    expect(paceFrom(" 10,2 ")).toEqual({ firstMs: 10, gapMs: 2 });
    for (const setting of [undefined, "", "fast", "1", "-1,0", "1,2,3"]) expect(paceFrom(setting)).toBe(DEFAULT_PACE);
  });
});
