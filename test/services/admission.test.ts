/** What is answered from memory, what waits, and what a D1 that stays away changes: on a catalog whose answers a test gives. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { DAY_MICROS } from "../../src/log/days.ts";
import { ApiError } from "../../src/protocol/errors.ts";
import { admitCaller, admitWork, isWorkHeld, type Knowledge } from "../../src/services/admission.ts";
import { concurrencyLimit, knownLimit } from "../../src/services/concurrency-limit.ts";

const CALLER = { workspace: "team", cred: "team/ci", requestId: "req" };
const OPEN = { stops: "[]", revoked: "[]", limits: "[]", spent: null, running: 0 };
const STOPPED = { ...OPEN, stops: '[{"workspace":"team","reason":"drill"}]' };
const REVOKED = { ...OPEN, revoked: '["team/ci"]' };
const CAPPED = { ...OPEN, limits: '[{"workspace":"team","running":2,"cents":null}]' };

beforeEach(() => {
  vi.useFakeTimers({ now: 10 * (DAY_MICROS / 1000) });
});
afterEach(() => {
  vi.useRealTimers();
});

/** `says` is what D1 answers, null never; `asked` counts the questions. */
function isolate(says: object | null) {
  const catalog = { says, asked: 0 };
  const statement = {
    bind: () => statement,
    first: () => {
      catalog.asked += 1;
      return catalog.says ? Promise.resolve(catalog.says) : new Promise(() => {});
    },
  };
  const db = { prepare: () => statement } as unknown as D1Database;
  return { catalog, platform: { db, now: () => Date.now() * 1000, later: (work: Promise<unknown>) => void work } };
}

/** "let in", the refusal's status, or "waits" where there is no answer yet. */
async function outcome(admission: Promise<void>): Promise<number | "let in" | "waits"> {
  const settled = admission.then(
    () => "let in" as const,
    (error) => (error instanceof ApiError ? error.wire.status : Promise.reject(error)),
  );
  const [answer] = await Promise.all([Promise.race([settled, pending()]), vi.advanceTimersByTimeAsync(0)]);
  return answer;
}
const pending = () => new Promise<"waits">((resolve) => void setTimeout(() => resolve("waits"), 0));

test.each<[Knowledge, string]>([
  ["known", "let in"],
  ["current", "waits"],
])("an isolate that has heard nothing, on a D1 that hangs: %s is %s", async (knowledge, expected) => {
  const { platform } = isolate(null);
  expect(await outcome(admitCaller(platform, CALLER, knowledge))).toBe(expected);
  expect(await outcome(admitWork(platform, CALLER, knowledge))).toBe(expected);
});

test("what waits for a D1 that stays away is let in after three seconds, by an isolate that has heard nothing", async () => {
  const told = vi.spyOn(console, "error").mockImplementation(() => {});
  const { platform } = isolate(null);
  const admission = outcomeLater(admitWork(platform, CALLER, "current"));
  await vi.advanceTimersByTimeAsync(3_000);
  expect(await admission).toBe("let in");
  told.mockRestore();
});

const outcomeLater = (admission: Promise<void>) => admission.then(() => "let in");

test("the first request is let in and asks beside; the next one is refused", async () => {
  for (const [row, admit, status] of [
    [STOPPED, admitWork, 403],
    [REVOKED, admitCaller, 401],
  ] as const) {
    const { platform, catalog } = isolate(row);
    expect(await outcome(admit(platform, CALLER, "known"))).toBe("let in");
    expect(await outcome(admit(platform, CALLER, "known"))).toBe(status);
    expect(catalog.asked).toBe(1);
  }
});

test("while D1 is away what was heard last goes on to count, and the log has a line a minute, however often it is asked", async () => {
  const told = vi.spyOn(console, "error").mockImplementation(() => {});
  const { platform, catalog } = isolate(OPEN);
  await outcome(admitWork(platform, CALLER, "known"));
  catalog.says = null;
  const lines = () => told.mock.calls.flat().filter((line) => String(line).includes('"event":"standing"')).length;
  await vi.advanceTimersByTimeAsync(120_000);
  for (const [later, count] of [
    [0, 1],
    [30_000, 1],
    [20_000, 1],
    [10_000, 2],
  ] as const) {
    await vi.advanceTimersByTimeAsync(later);
    expect(await outcome(admitCaller(platform, CALLER, "known"))).toBe("let in");
    await vi.advanceTimersByTimeAsync(3_000);
    expect([later, lines()]).toEqual([later, count]);
  }
  told.mockRestore();
});

test("an answer of two seconds is asked for anew beside the request, by one request in a second", async () => {
  const { platform, catalog } = isolate(OPEN);
  await outcome(admitWork(platform, CALLER, "known"));
  await vi.advanceTimersByTimeAsync(2_000);
  catalog.says = null;
  for (let i = 0; i < 3; i++) expect(await outcome(admitWork(platform, CALLER, "known"))).toBe("let in");
  expect(catalog.asked).toBe(2);
  await vi.advanceTimersByTimeAsync(1_000);
  await outcome(admitWork(platform, CALLER, "known"));
  expect(catalog.asked).toBe(3);
});

test("nobody is refused on an old answer: that one request waits for a newer one, and for no longer than three seconds", async () => {
  const told = vi.spyOn(console, "error").mockImplementation(() => {});
  const { platform, catalog } = isolate(STOPPED);
  await outcome(admitWork(platform, CALLER, "known"));
  await vi.advanceTimersByTimeAsync(4_000);
  catalog.says = OPEN;
  expect(await outcome(admitWork(platform, CALLER, "known"))).toBe("let in");
  catalog.says = STOPPED;
  await vi.advanceTimersByTimeAsync(4_000);
  await outcome(admitWork(platform, CALLER, "current"));
  await vi.advanceTimersByTimeAsync(4_000);
  catalog.says = null;
  const held = isWorkHeld(platform, CALLER);
  await vi.advanceTimersByTimeAsync(3_000);
  expect(await held).toBe(true);
  told.mockRestore();
});

test("the cap counts what is known and what was let run since; D1 is asked only where that reaches it", async () => {
  const { platform, catalog } = isolate(CAPPED);
  expect(knownLimit(platform, CALLER, "sesn_1")).toBeNull();
  await vi.advanceTimersByTimeAsync(0);
  const sessions = ["sesn_1", "sesn_1", "sesn_2", "sesn_4", "sesn_5", "sesn_2"];
  const letRun = sessions.map((id) => knownLimit(platform, CALLER, id) === null);
  expect(letRun).toEqual([true, true, true, false, false, true]);
  expect(knownLimit(platform, CALLER, "sesn_3")).toMatchObject({ status: 429, retryAfter: 2 });
  expect(catalog.asked).toBe(1);
  expect(await concurrencyLimit(platform, CALLER, "sesn_3")).toMatchObject({ status: 429 });
  expect(catalog.asked).toBe(2);
  await vi.advanceTimersByTimeAsync(1_600);
  catalog.says = { ...CAPPED, running: 2 };
  expect(await concurrencyLimit(platform, CALLER, "sesn_3")).toBeNull();
  expect(catalog.asked).toBe(2);
});
