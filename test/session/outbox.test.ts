import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { retryBaseFrom } from "../../src/brain/ports.ts";
import { pushIndex } from "../../src/session/outbox.ts";
import type { SessionInit } from "../../src/session/rpc.ts";
import { OpenSession } from "../support/openSession.ts";

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

test.each([
  [undefined, 1000],
  ["20", 20],
  ["0", 0],
  ["soon", 1000],
  ["-5", 1000],
  ["", 1000],
  ["Infinity", 1000],
])("a retry base of %j is %i ms", (setting, ms) => expect(retryBaseFrom(setting)).toBe(ms));
