import type { State } from "../log/state.ts";
import type { SessionUsage } from "../protocol/usage.ts";
import { capUnits, listCost, runtimeCost } from "./prices.ts";

/** What a session has used, and whether it may use more (spec/core.md §4.10, §4.11). Times in microseconds. */

/** Seconds in `running`, to the millisecond. */
export function activeSeconds(state: State, now: number): number {
  const open = state.runningSince === null ? 0 : Math.max(0, now - state.runningSince);
  return Math.floor((state.activeMicros + open) / 1000) / 1000;
}

/** Exact list price of everything so far, runtime included, in units of `prices.ts`; null once a model without a public price was used. */
export function spent(state: State, now: number): number | null {
  const { cost } = state.usage;
  return cost === null ? null : cost + runtimeCost(activeSeconds(state, now) * 1000);
}

/**
 * Whether no further model request may be made: the cap is reached, or what was used cannot be measured. The exact cost counts, not the rounded one.
 */
export function capped(state: State, now: number): boolean {
  if (state.budget === null) return false;
  const cost = spent(state, now);
  return cost === null || cost >= capUnits(state.budget);
}

/** Idle because of the cap, and still held by it: nothing but answers and a change of the budget goes on (spec/core.md §4.3). */
export function halted(state: State): boolean {
  return state.status === "idle" && state.stop?.type === "budget_reached" && capped(state, state.ts);
}

/** `usage` as the wire nests it; everything is absent before the first turn (spec/core.md §4.2, §4.10). */
export function usageSnapshot(state: State, now: number): SessionUsage {
  if (!state.started) return {};
  const { usage } = state;
  const written = usage.cache5m + usage.cache1h > 0;
  const exact = spent(state, now);
  return {
    active_seconds: activeSeconds(state, now),
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
