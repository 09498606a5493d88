/** A session with a cap: when it is asked, what counts, and what a session at its cap takes (spec/core.md §4.3, §4.10, §4.11). */
import { expect, test } from "vitest";
import { capped, halted } from "../../src/brain/money/budget.ts";
import { capUnits, inDollars } from "../../src/brain/money/prices.ts";
import { repairedState } from "../../src/log/repair.ts";
import { initialState, type SessionState, type ThreadState } from "../../src/log/state.ts";
import { type Answer, OpenSession, text, use } from "../support/open-session.ts";

const limit = (amount: string) => ({ type: "limit", max_list_cost: { amount, currency: "USD" } }) as const;
const CENT = 100_000_000;
const used = (cost: number | null, more: Partial<SessionState> = {}): SessionState => {
  const state = initialState({ budget: limit("2") });
  const threads = state.threads.map((one): ThreadState => ({ ...one, usage: { ...one.usage, cost } }));
  return { ...state, threads, ...more };
};
const HOUR = 3_600_000_000;

test.each([
  ["below the cap", used(2 * CENT - 1), false],
  ["at the cap", used(2 * CENT), true],
  ["rounded to the cap by the wire only", used(1.6 * CENT), false],
  ["at the cap with the time in running", used(1.5 * CENT, { activeMicros: HOUR / 16 }), true],
  ["a microdollar of time short of it", used(1.5 * CENT, { activeMicros: HOUR / 16 - 1_000_000 }), false],
  ["of a cost that cannot be known", used(null), true],
  ["without a cap", { ...used(null), budget: null }, false],
])("%s", (_, state, wanted) => expect(capped(state, 0)).toBe(wanted));

test("the time of a turn under way counts as it passes", () => {
  const state = used(2 * CENT - 1, { runningSince: 0 });
  expect([capped(state, 0), capped(state, 1_000_000)]).toEqual([false, true]);
});

test.each([
  [0, "0"],
  [1, "0.0000000001"],
  [CENT, "0.01"],
  [123_4567_890_123, "123.4567890123"],
  [100 * CENT, "1"],
  [1000 * CENT, "10"],
])("%i units are %s US dollars", (units, dollars) => expect(inDollars(units)).toBe(dollars));

test("a cap of the largest amount is no less than it says", () => {
  expect(capUnits(limit("999999999999999"))).toBeGreaterThan(Number.MAX_SAFE_INTEGER);
});

/** Every request costs this many cents. */
async function session(answers: Answer[], cents: number, amount = "2"): Promise<OpenSession> {
  const made = new OpenSession(answers, undefined, { budget: limit(amount) });
  made.price = () => cents * CENT;
  made.say("go");
  await made.run();
  return made;
}
const stops = (made: OpenSession) =>
  ["session.thread_status_idle", "session.status_idle"].map(
    (type) => (made.events(type).at(-1)?.stop_reason as { type: string } | undefined)?.type,
  );
const refusal = (taken: ReturnType<OpenSession["post"]>) => (Array.isArray(taken) ? null : taken.message);

test("the request that crosses finishes and the next one is not made", async () => {
  const made = await session([{ blocks: [use("bash")] }, { blocks: [use("bash")] }], 1.5);
  expect(made.bodies).toHaveLength(2);
  expect(made.calls).toHaveLength(2);
  expect(stops(made)).toEqual(["budget_reached", "budget_reached"]);
  expect(made.primary).toMatchObject({ paused: true, asked: true });
  expect(made.primary.turn?.rounds).toBe(2);
  expect(made.events("session.usage").at(-1)).toMatchObject({
    budget: limit("2"),
    usage: { list_cost: { amount: "3", currency: "USD" } },
  });
});

test.each<[string, Answer, string]>([
  ["ends its turn", { blocks: [text("a")] }, "end_turn"],
  ["is a refusal", { blocks: [], stop: "refusal" }, "refusal"],
  ["ends by an error", { fails: "billing" }, "retries_exhausted"],
])("a request that crosses and %s: the thread says its own reason, the session the cap", async (_, answer, own) => {
  const made = await session([answer], 3);
  expect(stops(made)).toEqual([own, "budget_reached"]);
  expect(made.events("session.status_idle").at(-1)?.stop_details).toBeNull();
  expect(made.primary.paused).toBe(false);
  expect(halted(made.log.state)).toBe(true);
});

test("a failed request that was charged is asked for its cap before it is tried again", async () => {
  const made = await session([{ fails: "overloaded" }, { blocks: [text("a")] }], 3);
  expect(made.primary.status).toBe("rescheduling");
  made.micros += 10_000_000;
  await made.run();
  expect(made.bodies).toHaveLength(1);
  expect(stops(made)).toEqual(["budget_reached", "budget_reached"]);
});

test("a session at its cap takes an interrupt without a trace, and no message", async () => {
  const made = await session([{ blocks: [text("a")] }], 3);
  const before = made.types();
  const taken = made.post({ type: "user.interrupt" });
  expect(taken).toEqual([{ id: expect.stringMatching(/^sevt_/), ts: expect.any(Number) }]);
  expect(made.types()).toEqual(before);
  const message = { type: "user.message", content: [{ type: "text", text: "on" }] };
  for (const drafts of [
    [message],
    [{ type: "user.interrupt" }, message],
    [{ type: "system.message", content: message.content }],
  ])
    expect(refusal(made.post(...drafts))).toMatch(
      /user\.tool_confirmation, user\.custom_tool_result, user\.tool_result and user\.interrupt/,
    );
  expect([made.types(), made.log.inbox]).toEqual([before, []]);
});

test("below its cap the same session records an interrupt and takes a message", async () => {
  const made = await session([{ blocks: [text("a")] }, { blocks: [text("b")] }], 1, "9");
  made.post({ type: "user.interrupt" });
  expect(made.types().at(-1)).toBe("user.interrupt");
  expect(refusal(made.say("on"))).toBeNull();
});

test("an answer to a custom call is taken at the cap and pauses the turn", async () => {
  const made = await session([{ blocks: [use("ask_user")] }], 3);
  expect(stops(made)).toEqual(["requires_action", "requires_action"]);
  const body = { custom_tool_use_id: made.primary.calls[0]?.id };
  made.post({ type: "user.custom_tool_result", body, content: [{ type: "text", text: "42" }] });
  await made.run();
  expect(made.bodies).toHaveLength(1);
  expect(stops(made)).toEqual(["budget_reached", "budget_reached"]);
});

test("what a sealed turn has used is all that the session has used, and its cap the one that holds", async () => {
  const made = await session([{ blocks: [text("a")] }, { blocks: [use("bash")] }, { holds: true }], 1, "9");
  const b = made.log.begin(made.micros);
  const note = JSON.stringify({ budget: limit("8"), agent: true });
  b.append(0, { type: "session.updated", body: JSON.stringify({ budget: limit("8"), agent: {} }), note });
  made.ports.commit(b);
  made.say("on");
  const running = made.run();
  await expect.poll(() => made.bodies.length).toBe(3);
  const { activeMicros, runningSince, budget } = made.log.state;
  const { usage } = made.primary;
  expect(usage.cost).toBe(2 * CENT);
  const { state } = repairedState(made.sql, { budget: limit("9") });
  expect({ ...state }).toMatchObject({
    activeMicros,
    runningSince,
    budget,
    threads: [{ usage, started: true, status: "running" }],
  });
  expect(budget).toEqual(limit("8"));
  made.post({ type: "user.interrupt" });
  await running;
});

test("a response that gives a call the id of another is a fault: nothing of it is kept, and no prompt repeats the id", async () => {
  const twice = use("bash");
  const made = await session([{ blocks: [twice] }, { blocks: [twice] }, { blocks: [text("a")] }], 0);
  expect(made.primary.status).toBe("rescheduling");
  expect(made.calls).toHaveLength(1);
  expect(made.events("session.error")[0]).toMatchObject({ error: { type: "model_request_failed_error" } });
  made.micros += 10_000_000;
  await made.run();
  expect(made.bodies[2]).toBe(made.bodies[1]);
  expect(stops(made)).toEqual(["end_turn", "end_turn"]);
  const within = await session(
    [{ blocks: [use("bash"), { ...use("bash"), id: "toolu_a" }, { ...use("bash"), id: "toolu_a" }] }],
    0,
  );
  expect([within.primary.status, within.calls]).toEqual(["rescheduling", []]);
});
