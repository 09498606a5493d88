import { expect, test } from "vitest";
import { charged, DAY_MICROS, type Day, dayOf, ran } from "../../src/log/days.ts";
import { reduce } from "../../src/log/reduce.ts";
import { initialState, type SessionState } from "../../src/log/state.ts";
import { spendOf } from "../../src/session/deliveries.ts";

const DAY = 20_000;
const at = (day: number, hours: number) => day * DAY_MICROS + hours * 3_600_000_000;
const HOUR = 3_600_000_000;
/** 0.08 USD, in units of 1e-10 USD. */
const HOUR_UNITS = 800_000_000;

test("a day begins at midnight UTC", () => {
  expect(dayOf(at(DAY, 0))).toBe(DAY);
  expect(dayOf(at(DAY, 0) - 1)).toBe(DAY - 1);
  expect(dayOf(at(DAY, 23.999))).toBe(DAY);
});

test("a cost belongs to the day of its end; nothing costs nothing", () => {
  const one = charged([], at(DAY, 1), 5);
  const two = charged(one, at(DAY, 2), 7);
  expect(two).toEqual([{ day: DAY, cost: 12, activeMicros: 0 }]);
  expect(charged(two, at(DAY, 3), 0)).toBe(two);
  expect(charged(two, at(DAY + 1, 0), 1)).toEqual([
    { day: DAY, cost: 12, activeMicros: 0 },
    { day: DAY + 1, cost: 1, activeMicros: 0 },
  ]);
});

test("a stretch over midnight is parted there, and only the last two days are kept", () => {
  expect(ran([], at(DAY, 22), at(DAY + 1, 3))).toEqual([
    { day: DAY, cost: 0, activeMicros: 2 * HOUR },
    { day: DAY + 1, cost: 0, activeMicros: 3 * HOUR },
  ]);
  expect(ran([], at(DAY, 22), at(DAY + 3, 1))).toEqual([
    { day: DAY + 2, cost: 0, activeMicros: 24 * HOUR },
    { day: DAY + 3, cost: 0, activeMicros: HOUR },
  ]);
  const old: Day[] = [{ day: DAY - 5, cost: 9, activeMicros: 9 }];
  expect(ran(charged(old, at(DAY, 0), 1), at(DAY, 0), at(DAY + 1, 0)).map(({ day }) => day)).toEqual([DAY - 5, DAY]);
  expect(ran([], at(DAY, 1), at(DAY, 1))).toEqual([]);
});

const row = (type: string, ts: number, body: object = {}, note: object | null = null) => ({
  ...{ thread: 0, seq: ts, id: `sevt_${ts}`, epoch: 1, n: null, origin: null, cred: null, content: null, wire: null },
  ...{ type, ts, body: JSON.stringify(body), note: note && JSON.stringify(note) },
});
const usage = { input: 1, output: 1, cacheRead: 0, cache5m: 0, cache1h: 0, webSearches: 0 };

test("the log says what each day cost: requests by their ends, runtime by the clock", () => {
  const idle = { stop_reason: { type: "end_turn" } };
  const rows = [
    row("session.status_running", at(DAY, 23)),
    row("span.model_request_end", at(DAY, 23.5), { is_error: false }, { usage: { ...usage, cost: 100 } }),
    row("span.model_request_end", at(DAY + 1, 0.5), { is_error: true }, { usage: { ...usage, cost: 30 } }),
    row("span.model_request_end", at(DAY + 1, 0.6), { is_error: false }, { usage: { ...usage, cost: null } }),
    row("session.status_idle", at(DAY + 1, 1), idle),
  ];
  const after = rows.reduce<SessionState>((state, one) => reduce(state, one), initialState());
  expect(spendOf(after, at(DAY + 1, 9))).toEqual([
    { day: DAY, units: 100 + HOUR_UNITS },
    { day: DAY + 1, units: 30 + HOUR_UNITS },
  ]);
  // Half-way through, the time that runs counts up to now, and twice the same question has the same answer.
  const half = rows.slice(0, 2).reduce<SessionState>((state, one) => reduce(state, one), initialState());
  const told = spendOf(half, at(DAY + 1, 1));
  expect(told).toEqual([
    { day: DAY, units: 100 + HOUR_UNITS },
    { day: DAY + 1, units: HOUR_UNITS },
  ]);
  expect(spendOf(half, at(DAY + 1, 1))).toEqual(told);
  expect(spendOf(half, at(DAY, 22))).toEqual([{ day: DAY, units: 100 }]);
});
