import type { Batch } from "../log/batch.ts";
import { putEntry } from "../log/outbox.ts";
import { INTERNAL } from "../log/rows.ts";
import { type CallState, openCalls, type State, type StopReason } from "../log/state.ts";
import { capped, usageSnapshot } from "./spent.ts";
import type { ToolChange } from "./toolchange.ts";

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
export const BUDGET_REACHED = { type: "budget_reached" } as const;
/** How soon the catalog hears of a session that begins or ends a turn, or is changed. */
const INDEX_MS = 1_000;

/** What the beginning of a turn needs beside the log. */
export interface Beginning {
  who: Who;
  /** What becomes of the tools when a turn begins in this state; null: they stay as they are. */
  toolChange(state: State): ToolChange | null;
}

/** Running: session first, then thread. A turn that begins here takes up what an update has made of the tools. */
export function runningPair(b: Batch, { who, toolChange }: Beginning): void {
  const change = b.state.turn === null ? toolChange(b.state) : null;
  if (change?.note.opens && b.state.requested)
    b.add("x.prefix_changed", { thread: INTERNAL, body: { reason: "tools" } });
  b.add("session.status_running", change ? { note: { tools: change.note }, wire: change.blocks } : {});
  b.add("session.thread_status_running", { body: threadBody(who) });
  delete b.timers.retry;
  b.timers.turn = ms(b) + WATCHDOG_MS;
  indexSoon(b);
}

/**
 * Idle: thread first, then the usage, then the session. The thread says why it stopped; over a session whose cap is reached stands `budget_reached`,
 * unless somebody is asked (spec/core.md §4.11). @inferred for a thread that refused or gave up.
 */
export function idleGroup(b: Batch, who: Who, stop: StopReason, details: object | null = null): void {
  const status = { stop_details: details, stop_reason: stop };
  const over = stop.type !== "requires_action" && capped(b.state, b.state.ts);
  const { budget } = b.state;
  b.add("session.thread_status_idle", { body: { ...threadBody(who), ...status } });
  b.add("session.usage", { body: { budget, usage: usageSnapshot(b.state, b.state.ts + 1) } });
  b.add("session.status_idle", { body: over ? { stop_details: null, stop_reason: BUDGET_REACHED } : status });
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

/** Nothing acknowledged vanishes: what still waits in the inbox is stamped into the log (spec/core.md §4.8, @inferred). */
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

function threadBody(who: Who): object {
  return { agent_name: who.agentName, session_thread_id: who.threadId };
}

/** The catalog hears of it within a second: also when the clock has gone back behind a timer that was set before. */
export function indexSoon(b: Batch): void {
  b.outbox = putEntry(b.outbox, { kind: "index" }, ms(b) + INDEX_MS);
}

function ms(b: Batch): number {
  return Math.floor(b.now / 1000);
}
