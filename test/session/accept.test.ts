import { expect, test } from "vitest";
import { OpenSession, text, use } from "../support/open-session.ts";

const allow = (id: unknown) => ({ type: "user.tool_confirmation", body: { tool_use_id: id, result: "allow" } });
const result = (id: unknown) => ({
  type: "user.custom_tool_result",
  body: { custom_tool_use_id: id },
  content: [{ type: "text", text: "42" }],
});
const message = { type: "user.message", content: [{ type: "text", text: "hi" }] };
const system = { type: "system.message", content: [{ type: "text", text: "be brief" }] };
const interrupt = { type: "user.interrupt" };

/** A session that waits for two asks and a custom call. */
async function waiting(): Promise<{ session: OpenSession; ids: string[] }> {
  const session = new OpenSession([
    { blocks: [use("write"), use("write"), use("ask_user")] },
    { blocks: [text("ok")] },
  ]);
  session.say("go");
  await session.run();
  return { session, ids: session.primary.calls.map((call) => call.id) };
}

function refusal(taken: ReturnType<OpenSession["post"]>): string {
  if (Array.isArray(taken)) throw new Error("was accepted");
  return taken.message;
}

test("a message to a waiting session is refused, names the open calls, and leaves nothing", async () => {
  const { session, ids } = await waiting();
  const before = session.types();
  const said = refusal(session.post(message));
  for (const id of ids) expect(said).toContain(id);
  expect(session.types()).toEqual(before);
  expect(session.log.inbox).toEqual([]);
});

test("one bad event refuses the whole batch", async () => {
  const { session, ids } = await waiting();
  const before = session.types();
  expect(refusal(session.post(allow(ids[0]), allow("sevt_unknown")))).toContain("events[1].tool_use_id");
  expect(session.types()).toEqual(before);
  expect(session.log.inbox).toEqual([]);
});

test.each([
  ["an unknown id", () => allow("sevt_unknown")],
  ["a confirmation of a custom call", (ids: string[]) => allow(ids[2])],
  ["a result for a sandbox call", (ids: string[]) => result(ids[0])],
])("%s is refused", async (_, draft) => {
  const { session, ids } = await waiting();
  expect(refusal(session.post(draft(ids)))).toContain("events[0].");
});

test("a second answer is refused, whether the first was taken or still waits", async () => {
  const { session, ids } = await waiting();
  session.post(allow(ids[0]));
  expect(refusal(session.post(allow(ids[0])))).toContain(ids[0]);
  session.post(result(ids[2]));
  expect(session.log.inbox).toHaveLength(1);
  expect(refusal(session.post(result(ids[2])))).toContain("answered before");
});

test("answers in any order end in the same calls and one request", async () => {
  const orders = [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ];
  for (const order of orders) {
    const { session, ids } = await waiting();
    for (const i of order) session.post(i === 2 ? result(ids[2]) : allow(ids[i]));
    await session.run();
    expect(session.log.state.stop, `order ${order}`).toEqual({ type: "end_turn" });
    expect(session.log.inbox).toEqual([]);
    expect(session.bodies).toHaveLength(2);
    const answers = session
      .rows()
      .filter((row) => row.type === "user.tool_confirmation" || row.type === "user.custom_tool_result");
    expect(answers.map((row) => JSON.parse(row.body).tool_use_id ?? JSON.parse(row.body).custom_tool_use_id)).toEqual(
      ids,
    );
  }
});

test("an answer that came early is kept when an interrupt settles the rest", async () => {
  const { session, ids } = await waiting();
  session.post(result(ids[2]));
  session.post(interrupt);
  expect(session.log.inbox).toEqual([]);
  expect(session.log.state.stop).toEqual({ type: "end_turn" });
  expect(session.events("user.custom_tool_result").map((event) => event.content)).toEqual([
    [{ type: "text", text: "42" }],
  ]);
  expect(session.events("agent.tool_result").map((event) => event.is_error)).toEqual([true, true]);
  const types = session.types();
  expect(types.indexOf("user.custom_tool_result")).toBeLessThan(types.indexOf("user.interrupt"));
});

test("system.message: last, once, after what it accompanies; while waiting only after a result", async () => {
  const idle = new OpenSession([{ blocks: [text("ok")] }]);
  expect(refusal(idle.post(system, message))).toContain("events[0]");
  expect(refusal(idle.post(message, system, system))).toContain("events[1]");
  expect(refusal(idle.post(interrupt, system))).toContain("events[1]");
  expect(Array.isArray(idle.post(message, system))).toBe(true);
  expect(refusal(idle.post(system))).toContain("events[0]: while the session runs");
  const { session, ids } = await waiting();
  expect(refusal(session.post(system))).toContain("events[0]");
  expect(refusal(session.post(allow(ids[0]), system))).toContain("events[1]");
  session.post(allow(ids[0]), allow(ids[1]));
  expect(Array.isArray(session.post(result(ids[2]), system))).toBe(true);
});

test("a system turn comes after every user turn of its fold and keeps that place", async () => {
  const session = new OpenSession([{ holds: true }, { blocks: [text("one")] }, { blocks: [text("two")] }]);
  session.say("first");
  const run = session.run();
  await new Promise((resolve) => setTimeout(resolve, 0));
  session.post(message, system);
  session.say("last");
  session.post(interrupt);
  await run;
  await session.run();
  const roles = (body: string | undefined) => JSON.parse(body ?? "").messages.map((one: { role: string }) => one.role);
  expect(roles(session.bodies[1])).toEqual(["user", "user", "user", "system"]);
  session.say("more");
  await session.run();
  expect(roles(session.bodies[2])).toEqual(["user", "user", "user", "system", "assistant", "user"]);
});

test("an interrupt for another thread is a 404 that stores nothing", async () => {
  const { session } = await waiting();
  const before = session.types();
  const taken = session.post({ type: "user.interrupt", body: { session_thread_id: "sthr_other" } });
  expect(taken).toMatchObject({ status: 404 });
  expect(session.types()).toEqual(before);
});

test("a refusal repeats only the beginning of an id that the client made up", async () => {
  const { session } = await waiting();
  const long = "x".repeat(100_000);
  expect(refusal(session.post(allow(long))).length).toBeLessThan(300);
  const other = { type: "user.interrupt", body: { session_thread_id: long } };
  expect(refusal(session.post(other)).length).toBeLessThan(300);
});
