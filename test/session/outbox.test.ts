import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { retryBaseFrom } from "../../src/brain/ports.ts";
import { pushIndex } from "../../src/session/outbox.ts";
import type { SessionInit } from "../../src/session/rpc.ts";
import { OpenSession } from "../support/open-session.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A catalog that answers after so many milliseconds. */
function catalog(ms: number): D1Database {
  const batch = () => new Promise((resolve) => setTimeout(() => resolve([]), ms));
  return { prepare: () => ({ bind: () => ({}) }), batch } as unknown as D1Database;
}

test.each([
  [5_000, "done"],
  [3_600_000, "failed"],
])("a catalog that answers after %i ms: %s", async (ms, outcome) => {
  const { log } = new OpenSession([]);
  const pushed = pushIndex(catalog(ms), { id: "sesn" } as SessionInit, log as never, () => {
    throw new Error("no agents here");
  });
  await vi.advanceTimersByTimeAsync(10_000);
  expect(await pushed).toBe(outcome);
  if (outcome === "done") expect(vi.getTimerCount()).toBe(0);
});

test("a catalog that cannot be told is a line of the log, one a minute for all sessions of an isolate", async () => {
  const told = vi.spyOn(console, "error").mockImplementation(() => {});
  const { log } = new OpenSession([]);
  const refuses = async () => {
    throw new Error("D1_ERROR: database or disk is full: SQLITE_FULL");
  };
  const db = { prepare: () => ({ bind: () => ({}) }), batch: refuses } as unknown as D1Database;
  const push = (id: string) => pushIndex(db, { id } as SessionInit, log as never, () => ({}) as never);
  const lines = () => told.mock.calls.map(([line]) => JSON.parse(String(line)) as unknown);
  vi.setSystemTime(Date.now() + 3_600_000);
  for (const id of ["sesn_1", "sesn_2", "sesn_1"]) expect(await push(id)).toBe("failed");
  const line = { level: "error", event: "catalog", session: "sesn_1", error: "Error", storage: "SQLITE_FULL" };
  expect(lines()).toEqual([line]);
  vi.setSystemTime(Date.now() + 60_000);
  await push("sesn_2");
  expect(lines()).toEqual([line, { ...line, session: "sesn_2" }]);
  told.mockRestore();
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
