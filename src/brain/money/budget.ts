import {
  type SessionState,
  sessionStarted,
  sessionStatus,
  sessionUsage,
  type ThreadState,
  type Usage,
} from "../../log/state.ts";
import type { SessionUsage, UsageSnapshot } from "../../protocol/usage.ts";
import { capUnits, listCost, runtimeCost } from "./prices.ts";

/** What a session has used, and whether it may use more (spec/core.md §4.10, §4.11). Times in microseconds. */

/** A clock of `running`: the session's, where overlap counts once, or one thread's. */
type Clock = Pick<SessionState | ThreadState, "activeMicros" | "runningSince">;

/** Seconds in `running`, to the millisecond. */
export function activeSeconds({ activeMicros, runningSince }: Clock, now: number): number {
  const open = runningSince === null ? 0 : Math.max(0, now - runningSince);
  return Math.floor((activeMicros + open) / 1000) / 1000;
}

/** Exact list price of everything so far, runtime included, in units of `prices.ts`; null once a model without a public price was used. */
export function spent(session: SessionState, now: number): number | null {
  const { cost } = sessionUsage(session);
  return cost === null ? null : cost + runtimeCost(activeSeconds(session, now) * 1000);
}

/**
 * Whether no further model request may be made: the cap is reached, or what was used cannot be measured. The exact cost counts, not the rounded one.
 */
export function capped(session: SessionState, now: number): boolean {
  if (session.budget === null) return false;
  const cost = spent(session, now);
  return cost === null || cost >= capUnits(session.budget);
}

/** Idle because of the cap, and still held by it: nothing but answers and a change of the budget goes on (spec/core.md §4.3). */
export function halted(session: SessionState): boolean {
  return sessionStatus(session) === "idle" && session.stop?.type === "budget_reached" && capped(session, session.ts);
}

/** `usage` as the wire nests it; everything is absent before the first turn (spec/core.md §4.2, §4.10). */
export function usageSnapshot(session: SessionState, now: number): UsageSnapshot {
  if (!sessionStarted(session)) return {};
  return nested(sessionUsage(session), activeSeconds(session, now), spent(session, now));
}

/** A thread's own: its cost leaves the runtime charge out (spec/core.md §4.10). */
export function threadUsage(thread: ThreadState, now: number): SessionUsage {
  const { usage } = thread;
  return {
    ...nested(usage, activeSeconds(thread, now), usage.cost),
    list_cost: usage.cost === null ? null : listCost(usage.cost),
  };
}

function nested(usage: Usage, seconds: number, exact: number | null): UsageSnapshot {
  const written = usage.cache5m + usage.cache1h > 0;
  return {
    active_seconds: seconds,
    ...(written
      ? { cache_creation: { ephemeral_1h_input_tokens: usage.cache1h, ephemeral_5m_input_tokens: usage.cache5m } }
      : {}),
    cache_read_input_tokens: usage.cacheRead,
    input_tokens: usage.input,
    ...(exact === null ? {} : { list_cost: listCost(exact) }),
    output_tokens: usage.output,
    server_tool_use: { web_fetch_requests: 0, web_search_requests: usage.webSearches },
  };
}
