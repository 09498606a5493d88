import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ask, forgetStandings, held, lastHeard, remember } from "../../src/catalog/standings.ts";
import { Guard, type Halt, LOOK_MS, type Overseer, overseerOf } from "../../src/session/guard.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const HALT: Halt = { error: "unknown_error", message: "stopped" };

/** What an overseer was asked, and a guard under it. */
function guarded(overseer: Partial<Overseer> = {}) {
  const seen: string[] = [];
  const guard = new Guard(
    {
      ask: async () => null,
      tell: async () => void seen.push("told"),
      repeat: (look) => {
        const timer = setInterval(look, LOOK_MS);
        return () => clearInterval(timer);
      },
      ...overseer,
    },
    { halt: ({ message }) => void seen.push(message), failed: () => void seen.push("failed") },
  );
  return { guard, seen };
}

test("a turn that no request has just let in waits for the answer; one that was let in does not ask", async () => {
  const asked: string[] = [];
  const { guard, seen } = guarded({
    ask: async () => {
      asked.push("asked");
      return HALT;
    },
  });
  guard.admitted();
  await guard.pass();
  expect(asked).toEqual([]);
  vi.advanceTimersByTime(1_000);
  await guard.pass();
  expect({ asked, seen }).toEqual({ asked: ["asked"], seen: ["stopped"] });
});

test("a running turn tells and looks once a second, one look at a time, until it is left", async () => {
  const answers: ((halt: Halt | null) => void)[] = [];
  const { guard, seen } = guarded({ ask: () => new Promise((resolve) => void answers.push(resolve)) });
  const leave = guard.watch();
  await vi.advanceTimersByTimeAsync(3 * LOOK_MS);
  expect(seen).toEqual(["told"]);
  answers[0]?.(null);
  await vi.advanceTimersByTimeAsync(LOOK_MS);
  expect(seen).toEqual(["told", "told"]);
  answers[1]?.(HALT);
  await vi.advanceTimersByTimeAsync(0);
  expect(seen).toEqual(["told", "told", "stopped"]);
  leave();
  await vi.advanceTimersByTimeAsync(5 * LOOK_MS);
  expect(seen).toHaveLength(3);
});

test("a catalog that does not answer is told to the log and does not end the turn", async () => {
  const { guard, seen } = guarded({ ask: () => Promise.reject(new Error("away")) });
  await guard.pass();
  expect(seen).toEqual(["failed"]);
});

test("a telling that fails is told to the log once, and the looks go on", async () => {
  const { guard, seen } = guarded({ tell: () => Promise.reject(new Error("damaged")), ask: async () => HALT });
  const leave = guard.watch();
  await vi.advanceTimersByTimeAsync(2 * LOOK_MS);
  leave();
  expect(seen).toEqual(["failed", "stopped", "stopped"]);
});

test("a catalog that is away for long is one line of the log, and the next time it is away another", async () => {
  let away = true;
  const ask = async () => {
    if (away) throw new Error("away");
    return null;
  };
  const { guard, seen } = guarded({ ask });
  const failures = () => seen.filter((one) => one === "failed").length;
  const leave = guard.watch();
  await vi.advanceTimersByTimeAsync(9 * LOOK_MS);
  expect({ failures: failures(), looks: seen.length }).toEqual({ failures: 1, looks: 10 });
  away = false;
  await vi.advanceTimersByTimeAsync(LOOK_MS);
  away = true;
  await vi.advanceTimersByTimeAsync(3 * LOOK_MS);
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
  const overseers = Array.from({ length: 5 }, () => overseerOf(db, "team", async () => {}));
  for (const overseer of overseers)
    expect(await overseer.ask()).toMatchObject({ error: "unknown_error", message: expect.stringContaining("drill") });
  expect(asked).toHaveLength(1);
  await overseerOf(db, "other", async () => {}).ask();
  expect(asked).toHaveLength(2);
  vi.advanceTimersByTime(LOOK_MS);
  await overseers[0]?.ask();
  expect(asked).toHaveLength(3);
});

test("while one asks, the others make do with what is not too old; an answer that never comes is a failure", async () => {
  const { db } = catalog(null);
  const known = { stop: null, revoked: new Set<string>(), limits: { running: null, cents: null } };
  remember(db, "team", { ...known, running: 0, spent: 0, day: 1 }, Date.now());
  vi.advanceTimersByTime(1_500);
  expect(held(db, "team", 1_000, 2_000)).toBeNull();
  const late = expect(ask(db, "team")).rejects.toThrow("no answer");
  await vi.advanceTimersByTimeAsync(10);
  expect(held(db, "team", 1_000, 2_000)?.running).toBe(0);
  await vi.advanceTimersByTimeAsync(600);
  expect(held(db, "team", 1_000, 2_000)).toBeNull();
  await vi.advanceTimersByTimeAsync(3_000);
  await late;
  expect(lastHeard(db, "team")?.running).toBe(0);
  forgetStandings(db);
  expect(lastHeard(db, "team")).toBeNull();
});

test("an older answer that comes later changes nothing", () => {
  const { db } = catalog(ROW);
  const standing = (running: number) => ({
    ...{ stop: null, revoked: new Set<string>(), limits: { running: null, cents: null }, spent: 0, day: 1 },
    running,
  });
  remember(db, "team", standing(1), 2_000);
  remember(db, "team", standing(2), 1_000);
  expect(lastHeard(db, "team")?.running).toBe(1);
});
