/** Rest, alarms, money, what commits cost: what keeps a session going and lets it end. */
import type { Dump } from "./dump.ts";
import { type Invariant, invariant, type Tally } from "./invariant.ts";
import { askedOf, callOf, isEnd, isIdle, isResult, isStart, isUse, stopOf, stored } from "./read.ts";

import { threadViews } from "./threads.ts";

/** What is due again right after an alarm waits this long, milliseconds, so that alarms do not follow each other without a pause. */
const OVERDUE_MS = 1_000;
/** How long a session left alone may take, milliseconds: the longest back-offs of a model request and of eight boots, one after the other. */
const REST_MS = 3_600_000;

const I11 = invariant("I11", "left alone, a session comes to rest", (dump, tally) => {
  const events = stored(dump);
  const resting = ["idle", "terminated"].includes(dump.status);
  tally.expect(dump.quiet, () => "it did not come to rest in time");
  tally.expect(resting, () => `it is ${dump.status} and nothing will happen any more`);
  if (!resting) return;
  for (const list of dump.threads?.map((one) => one.events) ?? [events])
    tally.expect(list.filter(isStart).length === list.filter(isEnd).length, () => "a model request is open");
  for (const one of dump.threads ? threadViews(dump) : [dump]) openCalls(one, tally);
  if (dump.restedAfter !== undefined)
    tally.expect(dump.restedAfter <= REST_MS, () => `it took ${dump.restedAfter} ms to come to rest`);
  if (!dump.inside) return;
  const { timers, catalog } = dump.inside;
  tally.expect(timers.length === 0, () => `timers are due: ${timers.join(", ")}`);
  tally.expect(catalog.told === catalog.is, () => `the catalog was told ${catalog.told}, and it is ${catalog.is}`);
});

/** What is open is what the session says it waits for. */
function openCalls(dump: Dump, tally: Tally): void {
  const events = stored(dump);
  const settled = new Set(events.filter(isResult).map(callOf));
  const idle = events.findLast(isIdle);
  const asked = idle && stopOf(idle) === "requires_action" ? askedOf(idle) : [];
  for (const { id } of events.filter(isUse))
    if (!settled.has(id)) tally.expect(asked.length > 0, () => `${id} is open, and the session waits for nobody`);
    else if (dump.status === "idle")
      tally.expect(!asked.includes(id), () => `the session waits for ${id}, which is settled`);
}

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

export const UPKEEP: Invariant[] = [I11, I18];
