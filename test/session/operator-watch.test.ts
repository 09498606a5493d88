import { afterEach, beforeEach, expect, test, vi } from "vitest";
import {
  cachedStanding,
  fetchStanding,
  isBeingFetched,
  refetchStandings,
  rememberStanding,
} from "../../src/catalog/admission.ts";
import {
  type Halt,
  OPERATOR_CHECK_MS,
  type Operator,
  OperatorWatch,
  operatorOf,
} from "../../src/session/operator-watch.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const HALT: Halt = { error: "unknown_error", message: "stopped" };

/** What an operator was told and asked, and a watch under it. */
function watched(operator: Partial<Operator> = {}) {
  const seen: string[] = [];
  const watch = new OperatorWatch(
    {
      ask: async () => null,
      tell: async () => void seen.push("told"),
      repeat: (look) => {
        const timer = setInterval(look, OPERATOR_CHECK_MS);
        return () => clearInterval(timer);
      },
      ...operator,
    },
    { halt: ({ message }) => void seen.push(message), failed: () => void seen.push("failed") },
  );
  return { watch, seen };
}

test("a turn that no request has just let in is judged at once, beside it; one that was let in is after a second", async () => {
  const asked: (string | null)[] = [];
  const { watch, seen } = watched({
    ask: async (cred) => {
      asked.push(cred);
      return HALT;
    },
  });
  watch.admitted("team/ci");
  watch.watch()();
  expect(asked).toEqual([]);
  vi.advanceTimersByTime(1_000);
  watch.watch()();
  expect({ asked, seen }).toEqual({ asked: ["team/ci"], seen: [] });
  await vi.advanceTimersByTimeAsync(0);
  expect(seen).toEqual(["stopped"]);
});

test("the key that began a turn is judged by the first answer, and by no later one", async () => {
  const asked: (string | null)[] = [];
  let away = true;
  const ask = async (cred: string | null) => {
    asked.push(cred);
    if (away) throw new Error("away");
    return null;
  };
  const { watch } = watched({ ask });
  watch.admitted("team/ci");
  watch.admitted(null);
  const leave = watch.watch();
  await vi.advanceTimersByTimeAsync(OPERATOR_CHECK_MS);
  away = false;
  await vi.advanceTimersByTimeAsync(2 * OPERATOR_CHECK_MS);
  leave();
  expect(asked).toEqual(["team/ci", "team/ci", null]);
});

test("a running turn tells and looks once a second, one look at a time, until it is left", async () => {
  const answers: ((halt: Halt | null) => void)[] = [];
  const { watch, seen } = watched({ ask: () => new Promise((resolve) => void answers.push(resolve)) });
  watch.admitted(null);
  const leave = watch.watch();
  await vi.advanceTimersByTimeAsync(3 * OPERATOR_CHECK_MS);
  expect(seen).toEqual(["told"]);
  answers[0]?.(null);
  await vi.advanceTimersByTimeAsync(OPERATOR_CHECK_MS);
  expect(seen).toEqual(["told", "told"]);
  answers[1]?.(HALT);
  await vi.advanceTimersByTimeAsync(0);
  expect(seen).toEqual(["told", "told", "stopped"]);
  leave();
  await vi.advanceTimersByTimeAsync(5 * OPERATOR_CHECK_MS);
  expect(seen).toHaveLength(3);
});

test("a catalog that does not answer is told to the log and does not end the turn", async () => {
  const { watch, seen } = watched({ ask: () => Promise.reject(new Error("away")) });
  watch.watch()();
  await vi.advanceTimersByTimeAsync(0);
  expect(seen).toEqual(["failed"]);
});

test("a telling that fails is told to the log once, and the looks go on", async () => {
  const { watch, seen } = watched({ tell: () => Promise.reject(new Error("damaged")), ask: async () => HALT });
  watch.admitted(null);
  const leave = watch.watch();
  await vi.advanceTimersByTimeAsync(2 * OPERATOR_CHECK_MS);
  leave();
  expect(seen).toEqual(["failed", "stopped", "stopped"]);
});

test("a catalog that is away for long is one line of the log, and the next time it is away another", async () => {
  let away = true;
  const ask = async () => {
    if (away) throw new Error("away");
    return null;
  };
  const { watch, seen } = watched({ ask });
  watch.admitted(null);
  const failures = () => seen.filter((one) => one === "failed").length;
  const leave = watch.watch();
  await vi.advanceTimersByTimeAsync(9 * OPERATOR_CHECK_MS);
  expect({ failures: failures(), looks: seen.length }).toEqual({ failures: 1, looks: 10 });
  away = false;
  await vi.advanceTimersByTimeAsync(OPERATOR_CHECK_MS);
  away = true;
  await vi.advanceTimersByTimeAsync(3 * OPERATOR_CHECK_MS);
  leave();
  expect(failures()).toBe(2);
});

const ROW = { stops: "[]", revoked: '["one"]', limits: "[]", spent: null, running: 2 };
const STOPPED = { ...ROW, stops: '[{"workspace":"*","reason":"drill"}]' };

/** A catalog whose answers are counted; null never comes. */
function catalog(row: object | null) {
  const asked: unknown[] = [];
  const statement = {
    bind: () => statement,
    first: () => {
      asked.push(row);
      return row === null ? new Promise(() => {}) : Promise.resolve(row);
    },
  };
  return { db: { prepare: () => statement } as unknown as D1Database, asked };
}

test("an isolate asks once for all sessions of a workspace, and again when the answer is old", async () => {
  const { db, asked } = catalog(STOPPED);
  const operators = Array.from({ length: 5 }, () => operatorOf(db, "team", async () => {}));
  for (const operator of operators)
    expect(await operator.ask(null)).toMatchObject({
      error: "unknown_error",
      message: expect.stringContaining("drill"),
    });
  expect(asked).toHaveLength(1);
  await operatorOf(db, "other", async () => {}).ask(null);
  expect(asked).toHaveLength(2);
  vi.advanceTimersByTime(OPERATOR_CHECK_MS);
  await operators[0]?.ask(null);
  expect(asked).toHaveLength(3);
});

test("while one asks, the others make do with what is not too old; an answer that never comes is a failure", async () => {
  const { db, asked } = catalog(null);
  const known = { stop: null, revoked: new Set<string>(), limits: { running: null, cents: null } };
  rememberStanding(db, "team", { ...known, running: 0, spent: 0, day: 1 }, Date.now());
  const operator = operatorOf(db, "team", async () => {});
  vi.advanceTimersByTime(1_500);
  const late = expect(fetchStanding(db, "team")).rejects.toThrow("no answer");
  await vi.advanceTimersByTimeAsync(10);
  expect([await operator.ask(null), asked.length, isBeingFetched(db, "team")]).toEqual([null, 1, true]);
  await vi.advanceTimersByTimeAsync(600);
  const later = expect(operator.ask(null)).rejects.toThrow("no answer");
  expect(asked).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(3_000);
  await Promise.all([late, later]);
  expect(isBeingFetched(db, "team")).toBe(false);
  expect(cachedStanding(db, "team")?.standing.running).toBe(0);
});

test("after a change of its own an isolate hears anew of every workspace that it knows, in one trip", async () => {
  const trips: number[] = [];
  const { db } = catalog(ROW);
  const batch = async (statements: unknown[]) => {
    trips.push(statements.length);
    return statements.map(() => ({ results: [STOPPED] }));
  };
  const whole: D1Database = Object.assign(db, { batch });
  await refetchStandings(whole);
  for (const workspace of ["team", "other"]) await fetchStanding(whole, workspace);
  await refetchStandings(whole);
  expect(trips).toEqual([2]);
  expect(cachedStanding(whole, "other")?.standing.stop?.reason).toBe("drill");
});

test("an older answer that comes later changes nothing", () => {
  const { db } = catalog(ROW);
  const standing = (running: number) => ({
    ...{ stop: null, revoked: new Set<string>(), limits: { running: null, cents: null }, spent: 0, day: 1 },
    running,
  });
  rememberStanding(db, "team", standing(1), 2_000);
  rememberStanding(db, "team", standing(2), 1_000);
  expect(cachedStanding(db, "team")?.standing.running).toBe(1);
});
