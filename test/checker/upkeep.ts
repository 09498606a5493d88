/** Rest, alarms, money, snapshots: what keeps a session going and lets it end. */
import type { Dump, Limit } from "./dump.ts";
import { type Invariant, invariant, type Tally } from "./invariant.ts";
import { callOf, isEnd, isResult, isStart, isUse, stored } from "./read.ts";

/** Rows that a commit writes beside its events: `meta`, the snapshot, two remembered posts; an inbox row is written, copied and deleted. */
const BESIDE = 5;
const PER_EVENT = 3;
/** What is due again right after an alarm waits this long, milliseconds, so that alarms do not follow each other without a pause. */
const OVERDUE_MS = 1_000;

const I8 = invariant("I8", "no row is written by an instance older than the newest", (dump, tally) => {
  let newest = 0;
  for (const row of dump.inside?.rows ?? []) {
    tally.expect(row.epoch >= newest, () => `row ${row.seq} is of epoch ${row.epoch}, after ${newest}`);
    newest = Math.max(newest, row.epoch);
  }
});

const I11 = invariant("I11", "left alone, a session comes to rest", (dump, tally) => {
  const events = stored(dump);
  const resting = ["idle", "terminated"].includes(dump.status);
  tally.expect(dump.quiet, () => "it did not come to rest in time");
  tally.expect(resting, () => `it is ${dump.status} and nothing will happen any more`);
  if (!resting) return;
  const starts = events.filter(isStart).length;
  tally.expect(starts === events.filter(isEnd).length, () => "a model request is open");
  const settled = new Set(events.filter(isResult).map(callOf));
  const idle = events.findLast((event) => event.type === "session.status_idle");
  const asked = ((idle?.stop_reason as { event_ids?: string[] } | undefined)?.event_ids ?? []).length > 0;
  const open = events.filter((event) => isUse(event) && !settled.has(event.id));
  tally.expect(open.length === 0 || asked, () => `${open.map((event) => event.id).join(", ")} is open`);
  if (dump.inside)
    tally.expect(dump.inside.timers.length === 0, () => `timers are due: ${dump.inside?.timers.join(", ")}`);
});

const I13 = invariant("I13", "a snapshot with what follows is the whole log", (dump, tally) => {
  for (const { snapshot, replay } of dump.inside?.states ?? [])
    tally.expect(snapshot === replay, () => `the snapshot says ${snapshot}, the log ${replay}`);
});

const I18 = invariant("I18", "the alarm is that of the next timer; a running session has one", (dump, tally) => {
  for (const { timers, alarm, status, now } of dump.inside?.alarms ?? []) {
    const due = Object.values(timers);
    const wanted = due.length > 0 ? Math.min(...due) : null;
    const fits =
      wanted === null || alarm === null
        ? wanted === alarm
        : alarm >= wanted && alarm <= Math.max(wanted, now) + OVERDUE_MS;
    tally.expect(fits, () => `the alarm is ${alarm}, the timers are ${JSON.stringify(timers)}`);
    if (status === "running") tally.expect(timers.turn !== undefined, () => "a running session has no watchdog");
  }
});

const I20 = invariant("I20", "usage is the sum of the requests; none begins above the cap", (dump, tally) => {
  const ends = stored(dump).filter(isEnd);
  if (ends.length === 0) return;
  capped(dump, tally);
  for (const field of ["input_tokens", "output_tokens", "cache_read_input_tokens"]) {
    const sum = ends.reduce((total, event) => total + ((event.model_usage as Record<string, number>)[field] ?? 0), 0);
    tally.expect(
      (dump.usage[field] ?? 0) === sum,
      () => `${field} is ${dump.usage[field]}, the requests add up to ${sum}`,
    );
  }
});

/** A cent and a US dollar in the log's own units. */
const UNITS_PER_CENT = 100_000_000;

/** No request begins when what the requests before it cost, without the runtime, has reached the cap that holds then. */
function capped(dump: Dump, tally: Tally): void {
  let cap = dump.inside?.budget ?? null;
  let cost = 0;
  for (const row of dump.inside?.rows ?? []) {
    const note = JSON.parse(row.note ?? "{}") as { budget?: Limit | null; usage?: { cost: number } };
    if (row.type === "session.updated" && note.budget !== undefined) cap = note.budget;
    if (row.type === "span.model_request_end") cost += note.usage?.cost ?? 0;
    if (row.type !== "span.model_request_start" || cap === null) continue;
    const limit = Number(cap.max_list_cost.amount) * UNITS_PER_CENT;
    tally.expect(cost < limit, () => `${row.id} begins at a cost of ${cost}, the cap is ${limit}`);
  }
}

const I21 = invariant("I21", "a commit writes its rows and little more", (dump, tally) => {
  for (const { kind, events, written } of dump.inside?.costs ?? []) {
    if (kind === "commit.create" || kind === "commit.erase") continue;
    const most = events * PER_EVENT + BESIDE;
    tally.expect(written <= most, () => `${kind} wrote ${written} rows for ${events} events`);
  }
});

const I24 = invariant("I24", "two boots from the same rows do the same", (dump, tally) => {
  for (const { first, second } of dump.inside?.boots ?? [])
    tally.expect(first === second, () => `one boot would ${first}, another ${second}`);
});

export const UPKEEP: Invariant[] = [I8, I11, I13, I18, I20, I21, I24];
