import type { Batch } from "../log/batch.ts";
import { type CallState, openCalls, type State, type StopReason } from "../log/state.ts";
import { listCost, runtimeCost } from "./prices.ts";

/**
 * The groups of rows that the wire always shows together, each in the order of spec/core.md §4.6. They append to a batch and are the only places
 * where these orders are written down.
 */

/** Whose events these are: the thread and agent that status events name. */
export interface Who {
  threadId: string;
  agentName: string;
}

/** How long a running turn may be silent before the alarm looks after it (reliability.md §5.4). */
export const WATCHDOG_MS = 25_000;
/** The session's row in the catalog is brought up to date at most this often. */
const INDEX_MS = 1_000;

/** Running: session first, then thread. */
export function runningPair(b: Batch, who: Who): void {
  b.add("session.status_running");
  b.add("session.thread_status_running", { body: threadBody(who) });
  delete b.timers.retry;
  b.timers.turn = ms(b) + WATCHDOG_MS;
  indexSoon(b);
}

/** Idle: thread first, then the usage, then the session. */
export function idleGroup(b: Batch, who: Who, stop: StopReason, details: object | null = null): void {
  const status = { stop_details: details, stop_reason: stop };
  b.add("session.thread_status_idle", { body: { ...threadBody(who), ...status } });
  b.add("session.usage", { body: { usage: usageSnapshot(b.state, b.state.ts + 1), budget: null } });
  b.add("session.status_idle", { body: status });
  delete b.timers.turn;
  delete b.timers.retry;
  indexSoon(b);
}

export function rescheduledPair(b: Batch, who: Who, dueMs: number): void {
  b.add("session.status_rescheduled", { note: { due: dueMs * 1000 } });
  b.add("session.thread_status_rescheduled", { body: threadBody(who) });
  delete b.timers.turn;
  b.timers.retry = dueMs;
  indexSoon(b);
}

export type ErrorType =
  | "unknown_error"
  | "model_overloaded_error"
  | "model_rate_limited_error"
  | "model_request_failed_error"
  | "billing_error"
  | "tool_use_limit_reached_error";

export function sessionError(
  b: Batch,
  type: ErrorType,
  message: string,
  retry: "retrying" | "exhausted" | "terminal",
): void {
  b.add("session.error", { body: { error: { type, message, retry_status: { type: retry } } } });
}

/** One call's result, of the call's own family (spec/core.md §4.4); text only. */
export function callResult(b: Batch, call: Pick<CallState, "id" | "family">, text: string, isError: boolean): void {
  const content = JSON.stringify([{ type: "text", text }]);
  if (call.family === "custom") {
    b.add("user.custom_tool_result", { body: { custom_tool_use_id: call.id, is_error: isError }, content });
  } else {
    b.add("agent.tool_result", { body: { tool_use_id: call.id, is_error: isError }, content });
  }
}

/** Nothing acknowledged vanishes: what still waits in the inbox is stamped into the log (spec/core.md §4.8). */
export function flushInbox(b: Batch): void {
  for (const entry of b.inbox) b.consume(entry);
}

/** Answers that came early are stamped; each is then as if it had come in its turn. */
export function flushAnswers(b: Batch): void {
  for (const entry of b.inbox) {
    if (entry.type === "user.tool_confirmation" || entry.type.endsWith("tool_result")) b.consume(entry);
  }
}

/** The session is over: no thread event, no usage, no reason of its own; the error before it says why (spec/core.md §4.6). */
export function terminated(b: Batch): void {
  b.add("session.status_terminated");
  delete b.timers.turn;
  delete b.timers.retry;
  indexSoon(b);
}

/** An error result for every open call, telling whether it can have had an effect (spec/core.md §4.5). */
export function settleOpenCalls(b: Batch, texts: { before: string; after: string }): void {
  for (const call of openCalls(b.state)) callResult(b, call, call.dispatched ? texts.after : texts.before, true);
}

/** `usage` as the wire nests it; everything is absent before the first turn (spec/core.md §4.2, §4.10). */
export function usageSnapshot(state: State, nowMicros: number): object {
  if (!state.started) return {};
  const { usage } = state;
  const active = activeSeconds(state, nowMicros);
  const written = usage.cache5m + usage.cache1h > 0;
  const exact = usage.cost === null ? null : usage.cost + runtimeCost(active * 1000);
  return {
    active_seconds: active,
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

/** Seconds in `running`, to the millisecond. */
export function activeSeconds(state: State, nowMicros: number): number {
  const open = state.runningSince === null ? 0 : Math.max(0, nowMicros - state.runningSince);
  return Math.floor((state.activeMicros + open) / 1000) / 1000;
}

function threadBody(who: Who): object {
  return { agent_name: who.agentName, session_thread_id: who.threadId };
}

function indexSoon(b: Batch): void {
  b.timers.index ??= ms(b) + INDEX_MS;
}

function ms(b: Batch): number {
  return Math.floor(b.now / 1000);
}
