/** What the hand and the model server saw against what the log says. */
import type { Dump } from "./dump.ts";
import { type Invariant, invariant } from "./invariant.ts";
import { callOf, isEnd, isUse, stored, textOf } from "./read.ts";

/** Texts of results that no tool wrote (reliability.md §2.2, C29; spec/core.md §4.5). */
const UNKNOWN = /^The outcome of this call is unknown/;
const INTERRUPTED = /^interrupted( before it ran|; it may have taken effect)/;
const REFUSED = /^(The user rejected this call|There is no tool named|The call was cut off)/;

const callId = (key: string) => key.slice(key.lastIndexOf("/") + 1);

const I5 = invariant("I5", "what the hand saw was intended first", (dump, tally) => {
  const uses = new Set(
    stored(dump)
      .filter(isUse)
      .map((event) => event.id),
  );
  const dispatched = dump.inside?.rows
    .filter((row) => row.type === "x.dispatch")
    .map((row) => (JSON.parse(row.body) as { call: string }).call);
  for (const entry of dump.hand) {
    tally.expect(uses.has(callId(entry.key)), () => `the hand ran ${entry.key}, which is no call in the log`);
    if (dispatched)
      tally.expect(dispatched.includes(callId(entry.key)), () => `the hand ran ${entry.key}, which was not dispatched`);
  }
});

const I7 = invariant("I7", "a tool's body runs once at most", (dump, tally) => {
  for (const entry of dump.hand) tally.expect(entry.runs <= 1, () => `${entry.key} ran ${entry.runs} times`);
});

const I12 = invariant("I12", "a result is what the hand recorded, or one of the fixed texts", (dump, tally) => {
  const recorded = new Map(dump.hand.map((entry) => [callId(entry.key), entry]));
  for (const event of stored(dump)) {
    if (event.type !== "agent.tool_result") continue;
    const entry = recorded.get(callOf(event));
    const text = textOf(event);
    if (UNKNOWN.test(text)) {
      tally.expect(
        entry !== undefined && entry.outcome === null,
        () => `${event.id} says that the outcome is unknown, and the hand has it`,
      );
    } else if (entry && entry.outcome === text) tally.evaluated += 1;
    else if (INTERRUPTED.test(text)) {
      const before = / before it ran/.test(text);
      tally.expect(
        !before || entry === undefined,
        () => `${event.id} says that the call did not run, and the hand ran it`,
      );
    } else if (REFUSED.test(text))
      tally.expect(entry === undefined, () => `${event.id} refuses a call that the hand ran`);
    // A disk that is gone cannot contradict what it once answered.
    else
      tally.expect(
        entry !== undefined && entry.outcome === null,
        () => `${event.id} is not what the hand recorded: ${text}`,
      );
  }
});

const I16 = invariant("I16", "a request is repeated only for a crash or a failure", (dump, tally) => {
  const events = stored(dump);
  const answered = events.filter((event) => isEnd(event) && event.is_error === false).length;
  const failed = dump.bodies.filter((body) => body.answer === "refused" || body.answer === "broken").length;
  const stopped = events.filter((event) => event.type === "user.interrupt").length;
  const most = answered + failed + stopped + dump.crashes + 1;
  tally.expect(dump.bodies.length <= most, () => `${dump.bodies.length} requests left, at most ${most} are explained`);
});

const I19 = invariant("I19", "a machine is made once, and none is left over", ({ machines }: Dump, tally) => {
  if (machines.begun === 0) return;
  tally.expect(machines.begun <= 1, () => `${machines.begun} machines were begun for one key`);
  tally.expect(
    machines.alive <= machines.referenced,
    () => `${machines.alive} machines are alive, ${machines.referenced} are known`,
  );
});

export const EFFECTS: Invariant[] = [I5, I7, I12, I16, I19];
