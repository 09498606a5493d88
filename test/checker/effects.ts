/** What the hand saw against what the log says. */
import type { Dump, HandEntry, WireEvent } from "./dump.ts";
import { type Invariant, invariant, type Tally } from "./invariant.ts";
import { callOf, counted, isUse, rowsOf, stored, textOf } from "./read.ts";

/** Texts of results that no tool wrote (reliability.md §2.2, C29; spec/core.md §4.5). */
const UNKNOWN = /^The outcome of this call is unknown/;
const BEFORE = /^interrupted before it ran$/;
const AFTER = /^interrupted; it may have taken effect/;
const REFUSED = /^(The user rejected this call|There is no tool named|The call was cut off)/;

const callId = (key: string) => key.slice(key.lastIndexOf("/") + 1);

/** The seqs of the rows that dispatched calls, by call; null where nobody looked inside. */
function dispatches(dump: Dump): Map<string, number> | null {
  const rows = rowsOf(dump, "x.dispatch");
  return rows && new Map(rows.map((row) => [(JSON.parse(row.body) as { call: string }).call, row.seq]));
}

const I5 = invariant("I5", "what the hand saw was intended first", (dump, tally) => {
  const uses = new Set(
    stored(dump)
      .filter(isUse)
      .map((event) => event.id),
  );
  const places = new Map(dump.inside?.rows.map((row) => [row.id, row.seq]));
  const dispatched = dispatches(dump);
  for (const { key, at } of dump.hand) {
    const call = callId(key);
    tally.expect(uses.has(call), () => `the hand ran ${key}, which is no call in the log`);
    if (dispatched) tally.expect(dispatched.has(call), () => `the hand ran ${key}, which was not dispatched`);
    if (dispatched && at !== undefined) {
      const intent = Math.max(places.get(call) ?? 0, dispatched.get(call) ?? 0);
      tally.expect(intent <= at, () => `the hand ran ${key} at ${at}, its intent is row ${intent}`);
    }
  }
});

const I7 = invariant("I7", "a tool's body runs once at most", (dump, tally) => {
  const ran = dump.hand.filter((entry) => entry.runs > 0);
  for (const entry of dump.hand) tally.expect(entry.runs <= 1, () => `${entry.key} ran ${entry.runs} times`);
  for (const [call, keys] of counted(ran.map((entry) => callId(entry.key))))
    tally.expect(keys === 1, () => `${call} ran under ${keys} keys`);
});

const I12 = invariant("I12", "a result is what the hand recorded, or one of the fixed texts", (dump, tally) => {
  const recorded = new Map(dump.hand.map((entry) => [callId(entry.key), entry]));
  const dispatched = dispatches(dump);
  for (const event of stored(dump)) {
    if (event.type !== "agent.tool_result") continue;
    const call = callOf(event);
    settledAs(event, recorded.get(call), tally);
    const text = textOf(event);
    if (!dispatched) continue;
    // Whoever says that a call may have run has sent it, and whoever says that it has not has not.
    if (AFTER.test(text) || UNKNOWN.test(text))
      tally.expect(dispatched.has(call), () => `${event.id} speaks of a call that was not dispatched`);
    if (BEFORE.test(text) || REFUSED.test(text))
      tally.expect(!dispatched.has(call), () => `${event.id} denies a call that was dispatched`);
  }
});

function settledAs(event: WireEvent, entry: HandEntry | undefined, tally: Tally): void {
  const text = textOf(event);
  const fixed = [UNKNOWN, BEFORE, AFTER, REFUSED].some((one) => one.test(text));
  if (entry && (entry.outcome === text || entry.recorded === text)) {
    tally.evaluated += 1;
    return;
  }
  if (fixed) tally.expect(event.is_error === true, () => `${event.id} says so, and calls it no error: ${text}`);
  if (UNKNOWN.test(text)) {
    tally.expect(
      entry !== undefined && entry.outcome === null,
      () => `${event.id} says that the outcome is unknown, and the hand has it`,
    );
  } else if (BEFORE.test(text)) {
    tally.expect(entry === undefined, () => `${event.id} says that the call did not run, and the hand ran it`);
  } else if (REFUSED.test(text))
    tally.expect(entry === undefined, () => `${event.id} refuses a call that the hand ran`);
  // A disk that is gone cannot contradict what it once answered, unless somebody else kept it.
  else if (!fixed)
    tally.expect(
      entry !== undefined && entry.outcome === null && entry.recorded === undefined,
      () => `${event.id} is not what the hand recorded: ${text}`,
    );
}

const I19 = invariant("I19", "a machine is made once, and none is left over", ({ machines }: Dump, tally) => {
  if (machines.begun === 0) return;
  tally.expect(machines.begun <= 1, () => `${machines.begun} machines were begun for one key`);
  tally.expect(
    machines.alive <= machines.referenced,
    () => `${machines.alive} machines are alive, ${machines.referenced} are known`,
  );
});

export const EFFECTS: Invariant[] = [I5, I7, I12, I19];
