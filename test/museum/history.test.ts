/** Bugs of others in what the model is told after a crash (reliability.md §1c). Each has a control: the bug, made again in small, is caught. */
import { expect, test } from "vitest";
import { requestPrefix } from "../../src/brain/prompt/request.ts";
import { type Answer, text, use } from "../support/open-session.ts";
import { everyDeath, killedAt } from "./killed.ts";
import { conversation, type Message, refusal, StrictSession, said } from "./strict-session.ts";

const SCRIPT: Answer[] = [
  { blocks: [text("look"), use("bash", { command: "one" }), use("bash", { command: "two" })] },
  { blocks: [use("bash", { command: "three" })] },
  { blocks: [text("done")] },
  { blocks: [text("again")] },
];
const withMessages = (body: string, messages: Message[]) => JSON.stringify({ ...JSON.parse(body), messages });

test("B1: a call without a result never reaches a request, wherever the session died", async () => {
  for await (const session of everyDeath(SCRIPT, 8)) {
    await session.settle();
    session.say("more");
    await session.settle();
    expect(session.refused()).toEqual([]);
    expect(session.log.state.stop).toEqual({ type: "end_turn" });
    // The control: one result missing in the middle of the history, which a look at its tail would not find.
    const body = session.bodies.at(-1) as string;
    const orphan = conversation(body).map((one, i) => (i === 2 ? { ...one, content: one.content.slice(1) } : one));
    expect(refusal(withMessages(body, orphan))).toContain("I10: pairing");
  }
});

test("B2: no tool runs before the response that asked for it is stored", async () => {
  const early: string[] = [];
  const stored = (session: StrictSession, key: string) => {
    const id = key.split("/")[1] as string;
    const use = session.sql.exec("SELECT seq FROM events WHERE id = ?", id)[0];
    const intent = session.sql.exec("SELECT seq FROM events WHERE type = 'x.dispatch' AND body LIKE ?", `%${id}%`)[0];
    if (!use || !intent || Number(intent.seq) < Number(use.seq)) early.push(key);
  };
  const session = new StrictSession([]).plays(SCRIPT);
  const { result } = session;
  session.result = async (call) => {
    stored(session, call.key);
    return result(call);
  };
  session.say("go");
  await session.settle();
  expect(session.calls).toHaveLength(3);
  expect(early).toEqual([]);
  expect(session.violations("I3", "I6")).toEqual([]);
  // The control: a call sent while its response is still being read.
  stored(session, "sesn/sevt_not_yet_there");
  expect(early).toHaveLength(1);
});

test("B3: however long the history, every request begins with the first message of the user", {
  timeout: 30_000,
}, async () => {
  const turn = (n: number): Answer[] => [{ blocks: [use("bash", { n })] }, { blocks: [text(`${n}`)] }];
  const session = new StrictSession(Array.from({ length: 40 }, (_, n) => turn(n)).flat());
  for (let n = 0; n < 40; n++) {
    session.say(`message ${n}`);
    await session.settle();
  }
  expect(session.bodies).toHaveLength(80);
  for (const body of session.bodies) expect(conversation(body)[0]?.content[0]?.text).toBe("message 0");
  const lengths = session.bodies.map((body) => conversation(body).length);
  expect(lengths).toEqual(lengths.toSorted((a, b) => a - b));
  // The control: a history cut to its last messages begins with a result.
  const body = session.bodies.at(-1) as string;
  expect(refusal(withMessages(body, conversation(body).slice(2)))).toContain("I10: pairing");
});

/** Keys that a hand was asked for although their result was stored before. */
function askedAgain(session: StrictSession, before: number): string[] {
  const settled = session.list().flatMap((event) => (event.tool_use_id ? [`sesn/${event.tool_use_id}`] : []));
  return session.calls.slice(before).flatMap((call) => (settled.includes(call.key) ? [call.key] : []));
}

test("B4: a call that has its result is not made again, and stays in the prompt with it", async () => {
  let kept = 0;
  for await (const session of everyDeath(SCRIPT, 8)) {
    const before = session.calls.length;
    const settled = session
      .list()
      .filter((event) => event.type === "agent.tool_result")
      .map((event) => event.tool_use_id);
    await session.settle();
    const again = session.calls.slice(before).map((call) => call.key.split("/")[1]);
    expect(again.filter((id) => settled.includes(id))).toEqual([]);
    kept += settled.length;
    const blocks = conversation(session.bodies.at(-1)).flatMap((message) => message.content);
    const uses = blocks.filter((block) => block.type === "tool_use").map((block) => block.id);
    expect(uses).toHaveLength(3);
    expect(blocks.filter((block) => block.type === "tool_result").map((block) => block.tool_use_id)).toEqual(uses);
    // The control: had the finished calls been made again, this would show it.
    if (before > 0) expect(askedAgain(session, 0)).not.toEqual([]);
  }
  expect(kept).toBeGreaterThan(5);
});

test("B5: results are kept one by one: of a batch that was cut off only the rest is run", async () => {
  const batch: Answer[] = [
    { blocks: [use("bash", { n: 1 }), use("bash", { n: 2 }), use("bash", { n: 3 })] },
    { blocks: [text("done")] },
  ];
  const ran = async (forget: boolean) => {
    // Commits: the machine is asked for, the response, then a result each; dies after the second result.
    const session = (await killedAt(batch, 4, "after")) as StrictSession;
    expect(session.events("agent.tool_result")).toHaveLength(2);
    if (forget) {
      session.sql.exec("DELETE FROM events WHERE type = 'agent.tool_result'");
      session.boot();
    }
    await session.settle();
    return session.calls.map((call) => call.input.n);
  };
  expect(await ran(false)).toEqual([1, 2, 3]);
  // The control: results that wait for the whole batch are lost with it.
  expect(await ran(true)).toEqual([1, 2, 1, 2, 3]);
});

test("B7: completed results are not shown as missing after a resume", async () => {
  const shown = (session: StrictSession) =>
    session
      .list()
      .filter((event) => event.type === "agent.tool_result")
      .map((event) => event.content);
  const told = (session: StrictSession) =>
    conversation(session.bodies.at(-1)).flatMap((message) =>
      message.content.filter((block) => block.type === "tool_result").map((block) => block.content),
    );
  for await (const session of everyDeath(SCRIPT, 8)) {
    const before = shown(session);
    await session.settle();
    expect(shown(session).slice(0, before.length)).toEqual(before);
    expect(shown(session)).toEqual(Array(3).fill([{ type: "text", text: "ran bash" }]));
    expect(told(session)).toEqual(shown(session));
    expect(session.list().filter((event) => event.is_error === true && event.type === "agent.tool_result")).toEqual([]);
  }
  // The control: a boot that does not see a result gives the call another one.
  const session = (await killedAt(SCRIPT, 3, "after")) as StrictSession;
  const had = shown(session).length;
  session.sql.exec("DELETE FROM events WHERE type = 'agent.tool_result'");
  session.result = async () => ({ content: [{ type: "text", text: "missing" }], isError: true });
  session.boot();
  await session.settle();
  expect(had).toBeGreaterThan(0);
  expect(shown(session)).not.toContainEqual([{ type: "text", text: "ran bash" }]);
});

test("B13: what was written of a cut response is in no message and no prompt", async () => {
  const session = new StrictSession([
    { blocks: [text("before")] },
    { fails: "cut", after: [text("par")] },
    { blocks: [text("whole")] },
    { blocks: [text("after")] },
  ]);
  for (const said of ["one", "two", "three"]) {
    session.say(said);
    await session.settle();
  }
  const messages = session
    .events("agent.message")
    .map((event) => (event.content as { text: string }[]).map((block) => block.text));
  expect(messages).toEqual([["before"], ["whole"], ["after"]]);
  expect(session.bodies.join()).not.toContain("par");
  const ids = session.previews.filter((preview) => preview.kind === "start").map((preview) => preview.id);
  expect(new Set(ids).size).toBe(4);
  // The control: the cut text was shown, so there was something to merge.
  expect(session.previews).toContainEqual(expect.objectContaining({ kind: "text", text: "par" }));
});

test("B14: a turn that is resumed again and again says everything once", async () => {
  const once = (session: StrictSession) => {
    const said = session.events("agent.message").map((event) => JSON.stringify(event.content));
    return said.length === new Set(said).size;
  };
  for await (const session of everyDeath(SCRIPT, 8)) {
    for (let boots = 0; boots < 3; boots++) session.boot();
    await session.settle();
    for (let boots = 0; boots < 3; boots++) session.boot();
    await session.settle();
    expect(session.events("agent.message").map((event) => event.content)).toEqual([[text("look")], [text("done")]]);
    expect(once(session)).toBe(true);
    expect(session.violations("I1", "I6")).toEqual([]);
    // The control: a resume that writes the stored message again.
    const b = session.log.begin(session.micros);
    b.add(0, "agent.message", { content: JSON.stringify([text("look")]) });
    session.log.commit(b);
    expect(once(session)).toBe(false);
  }
});

test("B20: the prompt's bytes do not depend on when, where and by which instance they are made", async () => {
  const DAY_MICROS = 86_400_000_000;
  const play = async (each: (session: StrictSession) => void) => {
    const session = new StrictSession([]).plays(SCRIPT);
    for (const said of ["go", "more"]) {
      each(session);
      session.say(said);
      each(session);
      await session.settle();
    }
    return session.bodies;
  };
  const awake = await play(() => {});
  const woken = await play((session) => {
    session.micros += 3 * DAY_MICROS;
    session.boot();
  });
  // A boot with an open request sends that one again: what is sent again is the same.
  expect([...new Set(woken)]).toEqual([...new Set(awake)]);
  for (const body of awake) for (const message of conversation(body)) expect(Array.isArray(message.content)).toBe(true);
  const agent = { model: { id: "claude-opus-5-5" }, system: "Work." };
  const prefix = () => requestPrefix({ agent, tools: [] });
  expect(prefix()).not.toMatch(/sesn|sevt|https?:|\d{4}-\d{2}-\d{2}T/);
  // The control: one date in front and no byte behind it is found again.
  expect(`${Date.now()}${prefix()}`.startsWith(prefix())).toBe(false);
});

test("B24: a call whose input was cut is answered and not run, and a custom one is not shown", async () => {
  const cut = (name: string) => ({ ...use(name), partial: '{"command":"rm -' });
  for (const name of ["bash", "write", "ask_user"]) {
    const session = await said([{ blocks: [cut(name)], stop: "max_tokens" }, { blocks: [text("again")] }]);
    expect(session.calls).toEqual([]);
    expect(session.events("agent.custom_tool_use")).toEqual([]);
    expect(session.log.state.stop).toEqual({ type: "end_turn" });
    expect(session.refused()).toEqual([]);
    const results = conversation(session.bodies[1])[2]?.content;
    expect(results).toMatchObject([{ type: "tool_result", is_error: true }]);
  }
  // The control: the same call whole.
  const session = await said([{ blocks: [use("bash")] }, { blocks: [text("done")] }]);
  expect(session.calls).toHaveLength(1);
});
