/** What the list alone shows. */
import type { WireEvent } from "./dump.ts";
import { type Invariant, invariant } from "./invariant.ts";
import { callOf, counted, isEnd, isIdle, isResult, isStart, isUse, stopOf, stored } from "./read.ts";

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
    const now = new Map(dump.events.map((event) => [event.id, event]));
    for (const then of dump.earlier.flat()) {
      const { processed_at: at, ...rest } = then;
      const { processed_at: later, ...still } = now.get(then.id) ?? { id: "", type: "" };
      tally.expect(
        JSON.stringify(rest) === JSON.stringify(still),
        () => `${then.id} was listed and has changed or gone`,
      );
      if (at) tally.expect(at === later, () => `the stamp of ${then.id} has changed`);
    }
    for (const [i, row] of (dump.inside?.rows ?? []).entries())
      tally.expect(row.seq === i + 1, () => `row ${i + 1} of the log has seq ${row.seq}`);
  },
);

const I2 = invariant("I2", "every call is settled before the next request and before idle", (dump, tally) => {
  let open = new Set<string>();
  for (const event of stored(dump)) {
    if (isUse(event)) open.add(event.id);
    if (isResult(event)) open.delete(callOf(event));
    if (isStart(event) || (isIdle(event) && stopOf(event) !== "requires_action")) {
      tally.expect(open.size === 0, () => `${event.type} ${event.id} while ${[...open].join(", ")} is open`);
      open = new Set();
    }
  }
});

const I3 = invariant("I3", "a result has its call before it, one result a call", (dump, tally) => {
  const uses = new Set<string>();
  const settled = new Set<string>();
  for (const event of stored(dump)) {
    if (isUse(event)) uses.add(event.id);
    if (!isResult(event)) continue;
    const call = callOf(event);
    tally.expect(uses.has(call), () => `${event.id} answers ${call}, which is no call before it`);
    tally.expect(!settled.has(call), () => `${call} has a second result, ${event.id}`);
    if (dump.selfHosted)
      tally.expect(event.type !== "agent.tool_result", () => `${event.id} settles a self-hosted call`);
    settled.add(call);
  }
});

const I6 = invariant("I6", "one end for every request, one request at a time, content inside it", (dump, tally) => {
  let open: string | null = null;
  for (const event of stored(dump)) {
    if (isStart(event)) {
      tally.expect(open === null, () => `${event.id} starts while ${open} is open`);
      open = event.id;
    } else if (isEnd(event)) {
      tally.expect(
        event.model_request_start_id === open,
        () => `${event.id} ends ${event.model_request_start_id}, open is ${open}`,
      );
      open = null;
    } else if (isUse(event) || event.type === "agent.message" || event.type === "agent.thinking")
      tally.expect(open !== null, () => `${event.type} ${event.id} outside a request`);
  }
  tally.expect(open === null || !dump.quiet, () => `${open} has no end`);
});

const I17 = invariant("I17", "nothing comes before its cause", (dump, tally) => {
  let is: "idle" | "running" | "waiting" = "idle";
  for (const event of stored(dump)) {
    const { type } = event;
    if (type === "session.status_running") is = "running";
    const needs =
      isStart(event) || isUse(event) || ["agent.message", "agent.thinking", "agent.tool_result"].includes(type);
    // What a person or a pause keeps waiting can be settled by an interrupt at any time.
    const settled = type === "agent.tool_result" && is === "waiting";
    if (needs) tally.expect(is === "running" || settled, () => `${type} ${event.id} while the session is ${is}`);
    const stops = isIdle(event) || type === "session.status_terminated" || type === "session.status_rescheduled";
    if (stops) tally.expect(is !== "idle", () => `${type} ${event.id} while the session is idle already`);
    if (type === "session.status_rescheduled" || (isIdle(event) && stopOf(event) === "requires_action")) is = "waiting";
    else if (stops) is = "idle";
  }
});

const I22 = invariant("I22", "after an interrupt no call and no result until the next turn", (dump, tally) => {
  let stopped: string | null = null;
  for (const event of stored(dump)) {
    if (event.type === "session.status_running") stopped = null;
    if (event.type === "user.interrupt") {
      stopped = event.id;
      tally.evaluated += 1;
    } else if (stopped !== null && (isUse(event) || isStart(event) || event.type === "agent.tool_result"))
      tally.violations.push(`${event.type} ${event.id} after the interrupt ${stopped}`);
  }
});

export const LOG: Invariant[] = [I1, I2, I3, I6, I17, I22];
