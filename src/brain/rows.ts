import type { ThreadBatch } from "../log/batch.ts";
import { eventKind } from "../log/events.ts";
import { putEntry } from "../log/outbox.ts";
import { PRIMARY } from "../log/rows.ts";
import {
  blockingCalls,
  type CallState,
  openCalls,
  rolledUpStatus,
  type SessionState,
  type ThreadState,
} from "../log/state.ts";
import type { StopDetails, StopReason } from "../protocol/session-events.ts";
import { capped, usageSnapshot } from "./money/budget.ts";
import type { ToolChange } from "./prompt/tool-change.ts";

/**
 * The groups of rows that the wire always shows together, each in the order of spec/core.md §4.6. They append to a batch and are the only places
 * where these orders are written down. A thread's status is its own row, the session's one of the primary thread's where the roll-up of all threads
 * changes (spec/core.md §11).
 */

/** How long a running turn may be silent before the alarm looks after it (reliability.md §5.4). */
export const WATCHDOG_MS = 25_000;
export const BUDGET_REACHED = { type: "budget_reached" } as const;
/** How soon the catalog hears of a session that begins or ends a turn, or is changed. */
const INDEX_MS = 1_000;

/** What becomes of a thread's tools when a turn begins in this state; null: they stay as they are. */
export type ToolChanges = (t: ThreadBatch) => ToolChange | null;

/** Running: session first, then thread. A turn that begins here takes up what an update has made of the tools. */
export function runningPair(t: ThreadBatch, toolChange: ToolChanges): void {
  const b = t.batch;
  const change = t.state.turn === null ? toolChange(t) : null;
  if (change?.note.opens && t.state.requested) b.addInternal("x.prefix_changed", { reason: "tools" });
  const tools = change ? { note: { tools: change.note }, wire: change.blocks } : {};
  const begins = rolledUpStatus(t.session) !== "running";
  const onSession = begins && t.thread === PRIMARY;
  if (begins) b.add(PRIMARY, "session.status_running", onSession ? tools : {});
  b.copyToPrimary(t.add("session.thread_status_running", { body: named(t.state), ...(onSession ? {} : tools) }));
  rearm(t);
  indexSoon(t);
}

/**
 * Idle: thread first, then, where nothing else runs, the usage and the session. The thread says why it stopped; over a session whose cap is reached
 * stands `budget_reached`, unless somebody is asked (spec/core.md §4.11). @inferred for a thread that refused or gave up.
 */
export function idleGroup(t: ThreadBatch, stop: StopReason, details: StopDetails | null = null): void {
  const status = { stop_details: details, stop_reason: stop };
  t.batch.copyToPrimary(t.add("session.thread_status_idle", { body: { ...named(t.state), ...status } }));
  const rests = rollUp(t.session);
  if (rests !== null || stop.type === "budget_reached") sessionUsageRow(t);
  if (rests === null) {
    rescheduleSession(t);
  } else {
    const same = rests.type === stop.type;
    t.batch.add(PRIMARY, "session.status_idle", { body: { stop_details: same ? details : null, stop_reason: rests } });
  }
  rearm(t);
  indexSoon(t);
}

/** Why the session is idle, somebody being asked above all; null while a thread has something to do. */
function rollUp(session: SessionState): StopReason | null {
  if (rolledUpStatus(session) !== "idle") return null;
  const asking = session.threads.filter((one) => one.stop?.type === "requires_action");
  if (asking.length > 0) return { type: "requires_action", event_ids: asking.flatMap((one) => askedIds(one, PRIMARY)) };
  if (capped(session, session.ts)) return BUDGET_REACHED;
  return session.threads.find((one) => one.stop !== null)?.stop ?? { type: "end_turn" };
}

/** The ids that a list names a thread's blocking calls by. */
function askedIds(thread: ThreadState, list: number): string[] {
  return blockingCalls(thread).map((call) => (list === PRIMARY ? (call.copyId ?? call.id) : call.id));
}

/** Why a thread waits for its client. */
export function requiresAction(t: ThreadBatch): StopReason {
  return { type: "requires_action", event_ids: askedIds(t.state, t.thread) };
}

/** A failed request waits for its next attempt: session first, then thread. */
export function rescheduledPair(t: ThreadBatch, dueMs: number): void {
  const note = { due: dueMs * 1000 };
  const others = t.session.threads.filter((one) => one.thread !== t.thread);
  const rests = others.every((one) => one.status !== "running");
  if (rests) t.batch.add(PRIMARY, "session.status_rescheduled", t.thread === PRIMARY ? { note } : {});
  t.batch.copyToPrimary(t.add("session.thread_status_rescheduled", { body: named(t.state), note }));
  rearm(t);
  indexSoon(t);
}

/** The last running thread has stopped and another waits for its next attempt: so does the session now, and its clock stands. */
function rescheduleSession(t: ThreadBatch): void {
  if (rolledUpStatus(t.session) === "rescheduling" && t.session.runningSince !== null)
    t.batch.add(PRIMARY, "session.status_rescheduled");
}

export type SessionErrorType =
  | "unknown_error"
  | "model_overloaded_error"
  | "model_rate_limited_error"
  | "model_request_failed_error"
  | "billing_error"
  | "tool_use_limit_reached_error";

export function sessionError(
  t: ThreadBatch,
  type: SessionErrorType,
  message: string,
  retry: "retrying" | "exhausted" | "terminal",
): void {
  t.batch.copyToPrimary(t.add("session.error", { body: { error: { type, message, retry_status: { type: retry } } } }));
}

/** One call's result, of the call's own family (spec/core.md §4.4); text only. */
export function callResult(
  t: ThreadBatch,
  call: Pick<CallState, "id" | "family">,
  text: string,
  isError: boolean,
): void {
  const content = JSON.stringify([{ type: "text", text }]);
  if (call.family === "custom") {
    t.add("user.custom_tool_result", { body: { custom_tool_use_id: call.id, is_error: isError }, content });
  } else {
    t.add("agent.tool_result", { body: { tool_use_id: call.id, is_error: isError }, content });
  }
}

/** Nothing acknowledged vanishes: what still waits in the inbox is stamped into the log (spec/core.md §4.8, @inferred). */
export function flushInbox(t: ThreadBatch): void {
  for (const entry of t.inbox) t.batch.consume(entry);
}

/** Answers that came early are stamped; each is then as if it had come in its turn. */
export function flushAnswers(t: ThreadBatch): void {
  for (const entry of t.inbox) if (eventKind(entry.type)?.answers) t.batch.consume(entry);
}

/** The session is over: no thread event, no usage, no reason of its own; the error before it says why (spec/core.md §4.6). */
export function terminatedRow(t: ThreadBatch): void {
  t.batch.add(PRIMARY, "session.status_terminated");
  rearm(t);
  indexSoon(t);
}

/** A child thread that can do no more is over, and the session goes on without it (spec/core.md §4.8). */
export function threadTerminatedGroup(t: ThreadBatch): void {
  t.batch.copyToPrimary(t.add("session.thread_status_terminated", { body: named(t.state) }));
  const rests = rollUp(t.session);
  if (rests === null) rescheduleSession(t);
  else {
    sessionUsageRow(t);
    t.batch.add(PRIMARY, "session.status_idle", { body: { stop_details: null, stop_reason: rests } });
  }
  rearm(t);
  indexSoon(t);
}

function sessionUsageRow({ batch, session }: ThreadBatch): void {
  const { budget } = session;
  batch.add(PRIMARY, "session.usage", { body: { budget, usage: usageSnapshot(session, session.ts + 1) } });
}

/** An error result for every open call, telling whether it can have had an effect (spec/core.md §4.5). */
export function settleOpenCalls(t: ThreadBatch, texts: { before: string; after: string }): void {
  for (const call of openCalls(t.state)) callResult(t, call, call.dispatched ? texts.after : texts.before, true);
}

function named({ agentName, threadId }: ThreadState): { agent_name: string; session_thread_id: string } {
  return { agent_name: agentName, session_thread_id: threadId };
}

/** The watchdog looks after whatever runs; the earliest next attempt is the alarm's too (shared design §4). */
function rearm({ batch, session }: ThreadBatch): void {
  const { timers } = batch;
  delete timers.turn;
  delete timers.retry;
  if (session.threads.some((one) => one.status === "running")) timers.turn = ms(batch.now) + WATCHDOG_MS;
  const waiting = session.threads.filter((one) => one.status === "rescheduling");
  if (waiting.length > 0) timers.retry = Math.min(...waiting.map((one) => Math.floor((one.retryAt ?? 0) / 1000)));
}

/** The catalog hears of it within a second: also when the clock has gone back behind a timer that was set before. */
export function indexSoon({ batch }: ThreadBatch): void {
  batch.outbox = putEntry(batch.outbox, { kind: "index" }, ms(batch.now) + INDEX_MS);
}

function ms(micros: number): number {
  return Math.floor(micros / 1000);
}
