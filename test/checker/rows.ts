/** What rows are: places, stamps, writers, and the state that is made of them. */
import type { Dump, InsideRow, WireEvent } from "./dump.ts";
import { type Invariant, invariant, type Tally } from "./invariant.ts";
import { counted, stored } from "./read.ts";

const I1 = invariant(
  "I1",
  "places, stamps and bodies never change, and none is missing or used twice",
  (dump, tally) => {
    const events = stored(dump);
    for (const [id, times] of counted(dump.events.map((event) => event.id)))
      tally.expect(times === 1, () => `${id} is listed ${times} times`);
    for (let i = 1; i < events.length; i++) {
      const [before, event] = [events[i - 1] as WireEvent, events[i] as WireEvent];
      tally.expect(
        (before.processed_at as string) < (event.processed_at as string),
        () => `${event.id} is not stamped after ${before.id}`,
      );
    }
    asShown(dump, tally);
    for (const [i, row] of (dump.inside?.rows ?? []).entries())
      tally.expect(row.seq === i + 1, () => `row ${i + 1} of the log has seq ${row.seq}`);
    asWritten(dump, tally);
  },
);

/** What lists and streams have shown is still there as they showed it. */
function asShown(dump: Dump, tally: Tally): void {
  const now = new Map(dump.events.map((event) => [event.id, event]));
  const streamed = dump.connections.flatMap(({ items }) =>
    items.flatMap((item) => (item.t === "event" && item.event ? [item.event] : [])),
  );
  for (const then of [...dump.earlier.flat(), ...streamed]) {
    const { processed_at: at, ...rest } = then;
    const { processed_at: later, ...still } = now.get(then.id) ?? { id: "", type: "" };
    if (!now.has(then.id) && isAnnounced(then)) continue;
    tally.expect(JSON.stringify(rest) === JSON.stringify(still), () => `${then.id} was shown and has changed or gone`);
    if (at) tally.expect(at === later, () => `the stamp of ${then.id} has changed`);
  }
}

/** The end of an archived or a deleted session is shown to live readers and not stored (spec/core.md §4.9). */
export function isAnnounced({ type }: { type: string }): boolean {
  return type === "session.status_terminated" || type === "session.deleted";
}

/** What was ever durable is still there as it was written, and each row came after all that were there: no place is used again after a crash. */
function asWritten(dump: Dump, tally: Tally): void {
  const first = new Map<number, InsideRow>();
  let newest = 0;
  for (const row of dump.inside?.written ?? []) {
    const known = first.get(row.seq);
    if (known) tally.expect(sameRow(known, row), () => `row ${row.seq} was written again as another one`);
    else tally.expect(row.seq === newest + 1, () => `row ${row.seq} was written after row ${newest}`);
    if (!known) first.set(row.seq, row);
    newest = Math.max(newest, row.seq);
  }
  for (const row of dump.inside ? dump.inside.rows : []) {
    const known = first.get(row.seq);
    if (dump.inside?.written.length)
      tally.expect(known !== undefined && sameRow(known, row), () => `row ${row.seq} is not as it was written`);
  }
  if (dump.inside)
    tally.expect(first.size <= dump.inside.rows.length, () => `rows are gone: ${first.size} were written`);
}

/** Nothing of a row changes, but a body once, to the mark that it was redacted. */
function sameRow(was: InsideRow, is: InsideRow): boolean {
  if (was === is) return true;
  const { body, ...rest } = is;
  const { body: before, ...then } = was;
  return JSON.stringify(rest) === JSON.stringify(then) && (body === before || body.startsWith('{"redacted":true,'));
}

const I8 = invariant("I8", "no row is written by an instance older than the newest", (dump, tally) => {
  let newest = 0;
  for (const row of dump.inside?.rows ?? []) {
    tally.expect(row.epoch >= newest, () => `row ${row.seq} is of epoch ${row.epoch}, after ${newest}`);
    newest = Math.max(newest, row.epoch);
  }
});

const I13 = invariant("I13", "a snapshot with what follows is the whole log", (dump, tally) => {
  for (const { snapshot, replay } of dump.inside?.states ?? [])
    tally.expect(snapshot === replay, () => `the snapshot says ${snapshot}, the log ${replay}`);
});

const I24 = invariant("I24", "two boots from the same rows do the same", (dump, tally) => {
  for (const { first, second } of dump.inside?.boots ?? [])
    tally.expect(first === second, () => `one boot would ${first}, another ${second}`);
});

export const ROWS: Invariant[] = [I1, I8, I13, I24];
