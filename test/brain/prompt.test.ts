import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { Context, CUT_TEXT, type Piece } from "../../src/brain/prompt/context.ts";
import { openRequest } from "../../src/brain/steps/open-request.ts";
import type { PromptRow } from "../../src/log/list.ts";
import { Corrupted } from "../../src/log/rows.ts";
import { type Answer, OpenSession, text, use } from "../support/open-session.ts";

const SUFFIX = '],"previous":';
/** The messages' bytes of a request: what must only ever grow. */
const grown = (body: string) => body.slice(0, body.lastIndexOf(SUFFIX));
const messages = (body: string | undefined) =>
  JSON.parse(body ?? "").messages as { role: string; content: unknown[] }[];

const SCRIPT = (): Answer[] => [
  { blocks: [text("a"), use("bash", { command: "one" }), use("bash", { command: "two" })] },
  { fails: "overloaded", refused: true },
  { blocks: [text("b")] },
  { blocks: [use("ask_user", {})] },
  { blocks: [text("c")] },
  { blocks: [] },
  { blocks: [text("d")] },
];

/** Plays the script with a message whenever the session is idle; `each` runs before every step of the loop. */
async function play(each: (session: OpenSession) => void): Promise<string[]> {
  const session = new OpenSession(SCRIPT());
  for (let i = 0; session.answers.length > 0 && i < 30; i++) {
    each(session);
    const { stop, status } = session.primary;
    if (status === "rescheduling") session.micros += 10_000_000;
    else if (stop?.type === "requires_action") {
      const body = { custom_tool_use_id: stop.event_ids[0] };
      session.post({ type: "user.custom_tool_result", body, content: [{ type: "text", text: "42" }] });
    } else session.say(`message ${i}`);
    await session.run();
  }
  expect(session.answers).toEqual([]);
  return session.bodies;
}

test("each request begins with the bytes of the one before it", async () => {
  const bodies = await play(() => {});
  expect(bodies).toHaveLength(SCRIPT().length);
  for (const [i, body] of bodies.entries()) {
    if (i > 0) expect(body.startsWith(grown(bodies[i - 1] ?? "")), `request ${i}`).toBe(true);
  }
});

test("a session that is woken for every step sends the same bytes as one that stays awake", async () => {
  // Ids of tool uses are the provider's and differ from run to run.
  const masked = (bodies: string[]) => bodies.map((body) => body.replace(/toolu_\d+/g, "toolu"));
  expect(masked(await play((session) => session.boot()))).toEqual(masked(await play(() => {})));
});

test("a failed attempt is repeated with the same bytes though a message waits", async () => {
  const session = new OpenSession([
    { fails: "overloaded", refused: true },
    { blocks: [text("ok")] },
    { blocks: [text("then")] },
  ]);
  session.say("first");
  await session.run();
  session.say("second");
  session.micros += 10_000_000;
  await session.run();
  expect(session.bodies[1]).toBe(session.bodies[0]);
  expect(messages(session.bodies[2]).map((one) => one.role)).toEqual(["user", "assistant", "user"]);
});

test("a retry whose bytes are others says so in the log, one with the same does not", async () => {
  const session = new OpenSession([{ fails: "overloaded", refused: true }]);
  session.say("first");
  await session.run();
  const before = session.primary.turn?.failedSha ?? "";
  expect(before).not.toBe("");
  const noted = (sha: string) => {
    const b = session.log.begin(session.ports.now());
    openRequest(b.on(0), { sha, length: 1 });
    return b.rows.filter((row) => row.type === "x.prefix_changed").map((row) => JSON.parse(row.body));
  };
  expect(noted(before)).toEqual([]);
  expect(noted("other")).toEqual([{ reason: "bytes", before, after: "other" }]);
});

test("a short request leaves in one piece, a long one as a stream", async () => {
  const session = new OpenSession([{ blocks: [text("a")] }]);
  session.say("first");
  const state = session.primary;
  const { request } = state;
  if (!request) throw new Error("no request is open");
  const prompt = session.ports.prompt;
  expect(prompt.body(state, { ...request, length: 100 })).toBeInstanceOf(Uint8Array);
  expect(prompt.body(state, { ...request, length: 5 * 1024 * 1024 })).toBeInstanceOf(ReadableStream);
});

test("all results of a batch are one user message, before anything that was said meanwhile", async () => {
  const session = new OpenSession([{ blocks: [use("bash"), use("bash")] }, { blocks: [text("ok")] }]);
  session.result = async () => {
    if (session.log.inbox.length === 0) session.say("by the way");
    return { content: [{ type: "text", text: "ran" }], isError: false };
  };
  session.say("go");
  await session.run();
  const [, assistant, results, said] = messages(session.bodies[1]);
  expect(assistant?.role).toBe("assistant");
  expect(results?.content).toHaveLength(2);
  expect(results?.content.every((block) => (block as { type: string }).type === "tool_result")).toBe(true);
  expect(said?.content).toEqual([{ type: "text", text: "by the way" }]);
});

test("a call that was cut is answered in the next prompt, whether clients saw it or not", async () => {
  const cut = (name: string) => ({ ...use(name), partial: '{"comm' });
  const session = new OpenSession([{ blocks: [cut("ask_user")], stop: "max_tokens" }, { blocks: [text("ok")] }]);
  session.say("go");
  await session.run();
  const [, assistant, results] = messages(session.bodies[1]);
  expect(assistant?.content).toMatchObject([{ type: "tool_use", input: {} }]);
  expect(results?.content).toMatchObject([{ type: "tool_result", is_error: true, content: [{ text: CUT_TEXT }] }]);
  expect(session.events("agent.custom_tool_use")).toEqual([]);
});

test("an answer without blocks and a refused one are not replayed", async () => {
  const session = new OpenSession([
    { blocks: [] },
    { blocks: [text("I will not")], stop: "refusal", details: { type: "refusal", category: "bio" } },
    { blocks: [text("ok")] },
  ]);
  for (const said of ["one", "two", "three"]) {
    session.say(said);
    await session.run();
  }
  expect(messages(session.bodies[2]).map((one) => one.role)).toEqual(["user", "user", "user"]);
  expect(session.events("agent.message")).toHaveLength(1);
});

test("a long fold gets breakpoints on the way, never more than two, and none in what is closed", () => {
  const row = (seq: number, type: string): PromptRow => {
    const end = type === "span.model_request_end";
    return {
      seq,
      n: null,
      id: `sevt_${seq}`,
      origin: null,
      type,
      body: "{}",
      note: "{}",
      hasContent: !end,
      hasWire: end,
    };
  };
  const marks = (pieces: Piece[]) => pieces.filter((piece) => typeof piece !== "string" && piece.mark).length;
  const context = new Context();
  for (let seq = 1; seq <= 15; seq++) context.add(row(seq, "user.message"));
  expect(marks(context.trailing())).toBe(0);
  for (let seq = 16; seq <= 100; seq++) context.add(row(seq, "user.message"));
  expect(marks(context.trailing())).toBe(2);
  context.add(row(101, "span.model_request_end"));
  expect(marks(context.closed)).toBe(0);
});

test("a row that cannot be read has not been read", () => {
  const row = { n: null, id: "sevt_1", origin: null, body: "{}", hasContent: true, hasWire: true };
  const context = new Context();
  context.add({ ...row, seq: 1, type: "user.message", note: null });
  expect(() => context.add({ ...row, seq: 2, type: "agent.tool_use", note: "{" })).toThrow(Corrupted);
  expect(context.seq).toBe(1);
});

test("content beyond what a row holds reaches the model byte for byte, again after a wake", async () => {
  const long = "🦴".repeat(200_000);
  const session = new OpenSession([{ blocks: [text("one")] }, { blocks: [text("two")] }]);
  session.say(long);
  await session.run();
  session.boot();
  session.say("more");
  await session.run();
  for (const body of session.bodies) expect(messages(body)[0]?.content).toEqual([{ type: "text", text: long }]);
  expect(session.bodies[1]?.startsWith(grown(session.bodies[0] ?? ""))).toBe(true);
});

test("an instance that was replaced sends what its intent names, whatever the next one has written since (seed 780093537)", async () => {
  const session = new OpenSession([{ blocks: [text("one")] }, { blocks: [text("two")] }]);
  session.say("first");
  const replaced = session.ports.prompt;
  const state = session.primary;
  const { request } = state;
  if (!request) throw new Error("no request is open");
  session.boot();
  await session.run();
  session.say("second");
  await session.run();
  const sent = replaced.body(state, request);
  const bytes = new Uint8Array(await new Response(sent).arrayBuffer());
  expect(bytes.byteLength).toBe(request.length);
  expect(createHash("sha256").update(bytes).digest("hex")).toBe(request.sha);
});

test("what a batch that was never stored brought does not leave with the open request (seed 780112846)", async () => {
  const session = new OpenSession([{ blocks: [text("one")] }]);
  session.say("first");
  await session.run();
  session.say("second");
  const state = session.primary;
  const { request } = state;
  if (!request) throw new Error("no request is open");
  const dropped = session.log.begin(session.ports.now());
  dropped.add(0, "user.message", { content: '[{"type":"text","text":"dropped"}]' });
  expect(session.ports.prompt.measure(dropped.on(0))?.sha).not.toBe(request.sha);
  const sent = session.ports.prompt.body(state, request);
  const bytes = new Uint8Array(await new Response(sent).arrayBuffer());
  expect(createHash("sha256").update(bytes).digest("hex")).toBe(request.sha);
});
