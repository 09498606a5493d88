import { expect, test } from "vitest";
import {
  decide,
  type Live,
  MAX_ATTEMPTS,
  MAX_BOOT_STREAK,
  MAX_BOOTS_IN_TURN,
  MAX_SAME_FAILURES,
  MAX_TOOL_ROUNDS,
} from "../../src/brain/decide.ts";
import {
  type CallState,
  CUT_CALL,
  initialState,
  newTurn,
  primaryThread,
  type SessionState,
  type ThreadState,
  type Turn,
} from "../../src/log/state.ts";

const LIVE: Live = {
  epoch: 2,
  now: 1000,
  boots: { inTurn: 0, streak: 0, last: 0 },
  request: null,
  sent: new Set(),
  calls: new Set(),
};
const running = (
  more: Partial<ThreadState> = {},
  turn: Partial<Turn> = {},
  session: Partial<SessionState> = {},
): SessionState => {
  const thread = { status: "running", asked: true, turn: { ...newTurn(), ...turn } } as const;
  const state = initialState();
  return { ...state, threads: [{ ...primaryThread(state), ...thread, ...more }], ...session };
};
const call = (id: string, more: Partial<CallState> = {}): CallState => ({
  id,
  copyId: null,
  order: more.family === "custom" ? "parked" : "serial",
  seq: 1,
  family: "sandbox",
  name: "bash",
  toolUseId: id,
  permission: "allow",
  digest: "",
  answer: null,
  denyMessage: null,
  dispatched: false,
  settled: false,
  ...more,
});
const request = { id: "r", seq: 1, attempt: 1, epoch: 2, sha: "", length: 0, kind: "turn" } as const;
const kind = (state: SessionState, live: Partial<Live> = {}) => decide(state, 0, { ...LIVE, ...live }).kind;

test("nothing happens in a session that rests, ended or is going away", () => {
  expect(kind(initialState())).toBe("none");
  expect(kind(running({ status: "terminated" }))).toBe("none");
  expect(kind(running({}, {}, { deleting: true }))).toBe("none");
  expect(kind(running({}, {}, { archivedAt: 1 }))).toBe("none");
  expect(kind(running())).toBe("request");
});

test("with nothing to answer the turn is over, whatever its counters say", () => {
  expect(kind(running({ asked: false }))).toBe("rest");
  expect(kind(running({ asked: false }, { rounds: MAX_TOOL_ROUNDS }))).toBe("rest");
  expect(kind(running({ asked: false, calls: [call("a")] }))).toBe("dispatch");
});

test("a failed request is tried again when its wait is over, and not before", () => {
  const waiting = running({ status: "rescheduling", retryAt: 1001 });
  expect(kind(waiting)).toBe("wait");
  expect(kind(waiting, { now: 1001 })).toBe("resume");
});

test("an open request is sent once by the instance that opened it, and given up by any other", () => {
  expect(kind(running({ request }))).toBe("call");
  expect(kind(running({ request }), { request: "r", sent: new Set(["r"]) })).toBe("wait");
  expect(kind(running({ request }), { sent: new Set(["r"]) })).toBe("abandon");
  expect(kind(running({ request: { ...request, epoch: 1 } }))).toBe("abandon");
});

test("sandbox calls run one after another, dispatched before they are executed", () => {
  const calls = [call("a"), call("b")];
  expect(decide(running({ calls }), 0, LIVE)).toMatchObject({ kind: "dispatch", call: { id: "a" } });
  expect(decide(running({ calls: [call("a", { dispatched: true }), call("b")] }), 0, LIVE)).toMatchObject({
    kind: "execute",
    call: { id: "a" },
  });
  expect(kind(running({ calls: [call("a", { dispatched: true }), call("b")] }), { calls: new Set(["a"]) })).toBe(
    "wait",
  );
  expect(decide(running({ calls: [call("a", { settled: true }), call("b")] }), 0, LIVE)).toMatchObject({
    kind: "dispatch",
    call: { id: "b" },
  });
});

test("calls that may run side by side are all at work before one is waited for, and a serial one is waited for itself", () => {
  const [a, b, serial] = [call("a", { order: "parallel" }), call("b", { order: "parallel" }), call("c")];
  const at = (...ids: string[]) => ({ calls: new Set(ids) });
  const work = (one: CallState) => ({ ...one, dispatched: true });
  expect(decide(running({ calls: [a, b, serial] }), 0, LIVE)).toMatchObject({ kind: "dispatch", call: { id: "a" } });
  const first = running({ calls: [work(a), b, serial] });
  expect(decide(first, 0, LIVE)).toMatchObject({ kind: "execute", call: { id: "a" } });
  expect(decide(first, 0, { ...LIVE, ...at("a") })).toMatchObject({ kind: "dispatch", call: { id: "b" } });
  const both = running({ calls: [work(a), work(b), serial] });
  expect(decide(both, 0, { ...LIVE, ...at("a", "b") })).toMatchObject({ kind: "dispatch", call: { id: "c" } });
  const all = running({ calls: [work(a), work(b), work(serial), call("d", { order: "parallel" })] });
  expect(kind(all, at("a", "b", "c"))).toBe("wait");
});

test("while an ask is unanswered nothing of the batch runs; a custom call alone is waited for last", () => {
  const ask = call("b", { permission: "ask" });
  const custom = call("c", { family: "custom" });
  expect(kind(running({ calls: [call("a"), ask] }))).toBe("ask");
  expect(kind(running({ calls: [call("a"), custom] }))).toBe("dispatch");
  expect(kind(running({ calls: [call("a", { settled: true }), custom] }))).toBe("ask");
  expect(decide(running({ calls: [call("a"), { ...ask, answer: "deny" }] }), 0, LIVE)).toMatchObject({
    kind: "dispatch",
    call: { id: "a" },
  });
  expect(decide(running({ calls: [{ ...ask, answer: "deny" }] }), 0, LIVE)).toMatchObject({ kind: "deny" });
  expect(decide(running({ calls: [call("d", { permission: "deny" })] }), 0, LIVE)).toMatchObject({ kind: "deny" });
});

test.each([
  ["rounds of tool use", { rounds: MAX_TOOL_ROUNDS }, {}, "tool_rounds"],
  ["the same call failing", { sameFailures: MAX_SAME_FAILURES }, {}, "same_failure"],
  ["calls that were cut off", { sameFailures: MAX_SAME_FAILURES, sameDigest: CUT_CALL }, {}, "cut_calls"],
  ["attempts of a request", { failures: MAX_ATTEMPTS }, {}, "attempts"],
  ["boots in a row", {}, { streak: MAX_BOOT_STREAK }, "boots"],
  ["boots in a turn", {}, { inTurn: MAX_BOOTS_IN_TURN }, "boots"],
] as const)("too many %s end the turn, one fewer does not", (_, turn, boots, reason) => {
  const live = { boots: { ...LIVE.boots, ...boots } };
  expect(decide(running({}, turn), 0, { ...LIVE, ...live })).toEqual({ kind: "end", reason });
  const fewer = (counts: object) =>
    Object.fromEntries(
      Object.entries(counts).map(([key, value]) => [key, typeof value === "number" ? value - 1 : value]),
    );
  expect(kind(running({}, fewer(turn)), { boots: { ...LIVE.boots, ...fewer(boots) } })).toBe("request");
});
