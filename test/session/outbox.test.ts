import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { retryBaseFrom } from "../../src/brain/thread.ts";
import { MAX_BACKOFF_MS, type OutboxEntry, putEntry } from "../../src/log/outbox.ts";
import { CatalogRow, indexDelivery, PUSH_EVERY_MS } from "../../src/session/deliveries.ts";
import { type Delivery, Outbox } from "../../src/session/outbox.ts";
import type { SessionInit } from "../../src/session/rpc.ts";
import { upkeep } from "../../src/session/timers.ts";
import { OpenSession } from "../support/open-session.ts";

const START = 1_800_000_000_000;
beforeEach(() => {
  vi.useFakeTimers();
  vi.setSystemTime(START);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** A session whose index is delivered by `deliver`, and whose alarm goes off when it is due. */
function delivering(deliver: Delivery["deliver"]) {
  const session = new OpenSession([]);
  const failures: unknown[] = [];
  const index: Delivery = { limitMs: 10_000, backoffMs: 5_000, deliver, failed: (error) => failures.push(error) };
  const open = () =>
    new Outbox({ log: session.log, deliveries: { index, remove: index }, keep: (work) => void work.catch(() => {}) });
  let outbox = open();
  const { log } = session;
  const put = (due = Date.now()) => {
    const b = log.begin(Date.now() * 1000);
    b.outbox = putEntry(b.outbox, { kind: "index" }, due);
    log.commit(b);
  };
  return {
    log,
    failures,
    put,
    entry: (): OutboxEntry | undefined => log.outbox[0],
    stored: () => session.sql.exec("SELECT kind, due, attempts FROM outbox"),
    alarm: () => upkeep(log, outbox),
    flush: () => outbox.flush("index"),
    reboot: () => {
      session.boot();
      outbox = open();
    },
  };
}

test("what is due is delivered once and taken out; an alarm does not wait for it", async () => {
  const arrival = Promise.withResolvers<null>();
  const deliver = vi.fn(() => arrival.promise);
  const one = delivering(deliver);
  one.put();
  one.alarm();
  expect(deliver).toHaveBeenCalledTimes(1);
  // Should this instance die now, the next one tries again when the time for it is over.
  expect(one.stored()).toEqual([{ kind: "index", due: START + 10_000, attempts: 0 }]);
  one.alarm();
  expect(deliver).toHaveBeenCalledTimes(1);
  arrival.resolve(null);
  await vi.advanceTimersByTimeAsync(0);
  expect([one.stored(), one.log.due]).toEqual([[], null]);
});

test("what is not due yet stays", () => {
  const deliver = vi.fn(async () => null);
  const one = delivering(deliver);
  one.put(START + 1);
  one.alarm();
  expect(deliver).not.toHaveBeenCalled();
  expect(one.log.due).toBe(START + 1);
});

test("one that fails is tried again later and later, and counts from the start once it has gone well", async () => {
  let down = true;
  const one = delivering(async () => {
    if (down) throw new Error("away");
    return null;
  });
  one.put();
  const waits: number[] = [];
  for (let i = 0; i < 6; i++) {
    one.alarm();
    await vi.advanceTimersByTimeAsync(0);
    waits.push((one.entry()?.due ?? 0) - Date.now());
    vi.setSystemTime(one.entry()?.due ?? 0);
  }
  expect(waits).toEqual([5_000, 10_000, 20_000, 40_000, MAX_BACKOFF_MS, MAX_BACKOFF_MS]);
  expect([one.failures.length, one.entry()?.attempts, one.entry()?.since]).toEqual([6, 6, START]);
  // News of the same does not hurry it.
  const { due } = one.entry() as OutboxEntry;
  one.put(Date.now() + 1_000);
  expect(one.entry()?.due).toBe(due);
  down = false;
  one.alarm();
  await vi.advanceTimersByTimeAsync(0);
  expect(one.entry()).toBeUndefined();
});

test("one that takes too long has failed, and what it does later does no harm", async () => {
  const one = delivering(() => new Promise((resolve) => setTimeout(() => resolve(null), 3_600_000)));
  one.put();
  one.alarm();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(one.entry()).toMatchObject({ attempts: 1, due: Date.now() + 5_000 });
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(one.entry()).toMatchObject({ attempts: 1 });
});

test.each([
  ["goes well", null],
  ["fails", new Error("away")],
])("what is put again while it is under way stays, if that %s", async (_, failure) => {
  const one = delivering(async () => {
    await new Promise((resolve) => setTimeout(resolve, 100));
    if (failure) throw failure;
    return null;
  });
  one.put();
  one.alarm();
  one.put(START + 1_000);
  await vi.advanceTimersByTimeAsync(100);
  expect(one.entry()).toMatchObject(
    failure ? { due: START + 5_100, attempts: 1 } : { due: START + 1_000, attempts: 0 },
  );
});

test("what is put again while it is under way is not sent beside it", () => {
  const deliver = vi.fn(() => new Promise<null>(() => {}));
  const one = delivering(deliver);
  one.put();
  one.alarm();
  one.put();
  one.alarm();
  expect(deliver).toHaveBeenCalledTimes(1);
});

test("a flush waits for what is under way and then delivers what was put since; two at a time deliver it once", async () => {
  const seen: number[] = [];
  const one = delivering(async () => {
    seen.push(one.log.state.seq);
    await new Promise((resolve) => setTimeout(resolve, 100));
    return null;
  });
  one.put();
  one.alarm();
  const b = one.log.begin(Date.now() * 1000);
  b.append(-1, { type: "x.note", body: "{}" });
  b.outbox = putEntry(b.outbox, { kind: "index" }, Date.now() + 1_000);
  one.log.commit(b);
  const both = Promise.all([one.flush(), one.flush()]);
  await vi.advanceTimersByTimeAsync(500);
  await both;
  expect(seen).toEqual([0, 1]);
  expect(one.entry()).toBeUndefined();
  await one.flush();
  expect(seen).toHaveLength(2);
});

test("a new instance takes up what an earlier one had begun, when its time is over", async () => {
  const deliver = vi.fn(async () => null);
  const one = delivering(deliver);
  one.put();
  one.alarm();
  one.reboot();
  one.alarm();
  expect(deliver).toHaveBeenCalledTimes(1);
});

/** A catalog that answers after so many milliseconds. */
function catalog(ms: number): D1Database {
  const batch = () => new Promise((resolve) => setTimeout(() => resolve([]), ms));
  return { prepare: () => ({ bind: () => ({}) }), batch } as unknown as D1Database;
}

function rowOf(db: D1Database, session: OpenSession, id = "sesn"): CatalogRow {
  return new CatalogRow(db, { id } as SessionInit, session.log as never, () => {
    throw new Error("no agents here");
  });
}

test("while a session runs its row is told again every so often; when it rests it is not", async () => {
  const session = new OpenSession([]);
  const { deliver } = indexDelivery(session.log as never, () => rowOf(catalog(0), session));
  const next = async () => {
    const answer = deliver({} as OutboxEntry);
    await vi.advanceTimersByTimeAsync(0);
    return answer;
  };
  expect(await next()).toBeNull();
  session.say("go");
  expect(session.primary.status).toBe("running");
  expect(await next()).toBe(Date.now() + PUSH_EVERY_MS);
});

test("a catalog that cannot be told is a line of the log, one a minute for all sessions of an isolate", async () => {
  const told = vi.spyOn(console, "error").mockImplementation(() => {});
  const session = new OpenSession([]);
  const refuses = async () => {
    throw new Error("D1_ERROR: database or disk is full: SQLITE_FULL");
  };
  const db = { prepare: () => ({ bind: () => ({}) }), batch: refuses } as unknown as D1Database;
  const push = async (id: string) => {
    const delivery = indexDelivery({ ...session.log, init: { id } } as never, () => rowOf(db, session, id));
    await expect(delivery.deliver({} as OutboxEntry).catch(delivery.failed)).resolves.toBeUndefined();
  };
  const lines = () => told.mock.calls.map(([line]) => JSON.parse(String(line)) as unknown);
  vi.setSystemTime(Date.now() + 3_600_000);
  for (const id of ["sesn_1", "sesn_2", "sesn_1"]) await push(id);
  const line = { level: "error", event: "catalog", session: "sesn_1", error: "Error", storage: "SQLITE_FULL" };
  expect(lines()).toEqual([line]);
  vi.setSystemTime(Date.now() + 60_000);
  await push("sesn_2");
  expect(lines()).toEqual([line, { ...line, session: "sesn_2" }]);
});

const STANDING = { stops: "[]", revoked: "[]", spent: 0, running: 0 };
test.each([
  ["no limit", null, 1_000_000, 0],
  ["little of its limit", 100, 99_999_999, 0],
  ["a hundredth of its limit", 100, 100_000_000, 1],
])("a turn that has spent %s untold tells at once: %s, %s", async (_, cents, units, pushes) => {
  const session = new OpenSession([]);
  const limits = JSON.stringify([{ workspace: "*", running: null, cents }]);
  const batch = vi.fn(async (list: unknown[]) => list.map(() => ({ results: [{ ...STANDING, limits }] })));
  const row = rowOf({ prepare: () => ({ bind: () => ({}) }), batch } as unknown as D1Database, session);
  await row.pushSpending();
  expect(batch).not.toHaveBeenCalled();
  await row.push();
  const day = Math.floor(START / 86_400_000);
  session.log.state = { ...session.log.state, days: [{ day, cost: units, activeMicros: 0 }] };
  await row.pushSpending();
  await row.pushSpending();
  expect(batch).toHaveBeenCalledTimes(1 + pushes);
});

test("a catalog that hangs keeps the operator's watch waiting for three seconds at most", async () => {
  const session = new OpenSession([]);
  const limits = JSON.stringify([{ workspace: "*", running: null, cents: 1 }]);
  const batch = vi.fn(async (list: unknown[]) => list.map(() => ({ results: [{ ...STANDING, limits }] })));
  const row = rowOf({ prepare: () => ({ bind: () => ({}) }), batch } as unknown as D1Database, session);
  await row.push();
  batch.mockImplementation(() => new Promise(() => {}));
  const day = Math.floor(START / 86_400_000);
  session.log.state = { ...session.log.state, days: [{ day, cost: 1e9, activeMicros: 0 }] };
  const told = vi.fn();
  void row.pushSpending().then(told);
  await vi.advanceTimersByTimeAsync(2_999);
  expect(told).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  expect(told).toHaveBeenCalled();
});

test.each([
  [undefined, 1000],
  ["20", 20],
  ["0", 0],
  ["soon", 1000],
  ["-5", 1000],
  ["", 1000],
  ["Infinity", 1000],
])("a retry base of %j is %i ms", (setting, ms) => expect(retryBaseFrom(setting)).toBe(ms));
