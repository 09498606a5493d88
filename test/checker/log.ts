/** What the list alone shows: calls and their results, requests and what they said, turns. */
import type { Dump, WireEvent } from "./dump.ts";
import { type Invariant, invariant, type Tally } from "./invariant.ts";
import { askedOf, callOf, isEnd, isIdle, isResult, isSpoken, isStart, isUse, stopOf, stored } from "./read.ts";

const I2 = invariant("I2", "every call is settled before the next request and before idle", (dump, tally) => {
  let calls = new Set<string>();
  let open = new Set<string>();
  for (const event of stored(dump)) {
    if (isUse(event)) {
      calls.add(event.id);
      open.add(event.id);
    }
    if (isResult(event)) open.delete(callOf(event));
    if (isStart(event) || (isIdle(event) && stopOf(event) !== "requires_action")) {
      for (const call of calls) tally.expect(!open.has(call), () => `${event.type} ${event.id} while ${call} is open`);
      [calls, open] = [new Set(), new Set()];
    }
    if (isIdle(event)) asked(event, open, tally);
  }
});

/** A session that waits says for which calls, and each of them is open. */
function asked(event: WireEvent, open: ReadonlySet<string>, tally: Tally): void {
  const ids = askedOf(event);
  if (stopOf(event) !== "requires_action") return;
  tally.expect(ids.length > 0, () => `${event.id} waits for nothing`);
  for (const id of ids) tally.expect(open.has(id), () => `${event.id} waits for ${id}, which is not open`);
}

const I3 = invariant("I3", "a result has its call before it, one result a call", (dump, tally) => {
  const uses = new Map<string, string>();
  const settled = new Set<string>();
  for (const event of stored(dump)) {
    if (isUse(event)) uses.set(event.id, event.type);
    if (!isResult(event)) continue;
    const call = callOf(event);
    tally.expect(uses.has(call), () => `${event.id} answers ${call}, which is no call before it`);
    tally.expect(!settled.has(call), () => `${call} has a second result, ${event.id}`);
    const custom = uses.get(call) === "agent.custom_tool_use";
    tally.expect(
      custom === (event.type === "user.custom_tool_result"),
      () => `${event.id} is no result for ${uses.get(call)}`,
    );
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
    } else if (isSpoken(event)) tally.expect(open !== null, () => `${event.type} ${event.id} outside a request`);
  }
  if (dump.quiet && dump.events.some(isStart)) tally.expect(open === null, () => `${open} has no end`);
});

const I17 = invariant("I17", "nothing comes before its cause", (dump, tally) => {
  let is: "idle" | "running" | "waiting" = "idle";
  let request = false;
  for (const event of stored(dump)) {
    const { type } = event;
    if (type === "session.status_running") {
      tally.expect(is !== "running", () => `${type} ${event.id} while the session is running already`);
      is = "running";
    }
    if (isStart(event)) request = true;
    if (isEnd(event)) request = false;
    if (isStart(event) || isSpoken(event) || type === "agent.tool_result") causedByRunning(event, is, tally);
    if (type === "user.message" && !archived(dump))
      tally.expect(is === "running", () => `${type} ${event.id} is stamped while the session is ${is}`);
    if (isResult(event))
      tally.expect(!request, () => `${type} ${event.id} before the end of the request that asked for it`);
    const stops = isIdle(event) || type === "session.status_terminated" || type === "session.status_rescheduled";
    if (stops) {
      tally.expect(is !== "idle", () => `${type} ${event.id} while the session is idle already`);
      tally.expect(!request, () => `${type} ${event.id} while a request is open`);
    }
    if (type === "session.status_rescheduled" || (isIdle(event) && stopOf(event) === "requires_action")) is = "waiting";
    else if (stops) is = "idle";
  }
});

/** What a person or a pause keeps waiting can be settled by an interrupt at any time. */
function causedByRunning(event: WireEvent, is: "idle" | "running" | "waiting", tally: Tally): void {
  const settled = event.type === "agent.tool_result" && is === "waiting";
  tally.expect(is === "running" || settled, () => `${event.type} ${event.id} while the session is ${is}`);
}

/** What waited when a session was archived is stamped then (spec/core.md §4.9). */
const archived = (dump: Dump) => dump.status === "terminated";

const I22 = invariant("I22", "after an interrupt no call and no result until the next turn", (dump, tally) => {
  let stopped: string | null = null;
  let rested = true;
  for (const event of stored(dump)) {
    if (event.type === "session.status_running") {
      if (stopped)
        tally.expect(rested, () => `${event.id} begins a turn before the interrupt ${stopped} has ended one`);
      [stopped, rested] = [null, false];
    }
    if (isIdle(event)) rested = true;
    if (event.type === "user.interrupt") {
      stopped = event.id;
      tally.evaluated += 1;
    } else if (stopped !== null && (isUse(event) || isStart(event) || isResult(event)))
      tally.violations.push(`${event.type} ${event.id} after the interrupt ${stopped}`);
  }
});

export const LOG: Invariant[] = [I2, I3, I6, I17, I22];
