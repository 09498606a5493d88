/** Rules about status events: pairs, groups, and what may cause them (spec/core.md §4.1, §4.6, §4.8). */
import { isDeepStrictEqual } from "node:util";
import type { Rule, Say } from "../report.ts";
import {
  after,
  before,
  type Entry,
  isAnswer,
  isResult,
  isWake,
  type Log,
  pathOf,
  retryStatus,
  stopReason,
} from "./facts.ts";

const RUNNING = ["session.status_running", "session.thread_status_running"] as const;
const RESCHEDULED = ["session.status_rescheduled", "session.thread_status_rescheduled"] as const;
const IDLE = ["session.thread_status_idle", "session.usage", "session.status_idle"] as const;

/** Each member of a group stands in its place, with the others around it. */
function together(log: Log, say: Say, group: readonly string[]): void {
  for (const [at, entry] of log.entries.entries()) {
    const place = group.indexOf(entry.type);
    if (place < 0) continue;
    const found = log.entries.slice(Math.max(0, at - place), at - place + group.length).map((e) => e.type);
    say(pathOf(entry), isDeepStrictEqual(found, [...group]), `${entry.type} stands outside ${group.join(", ")}`);
  }
}

/** Session first, then thread. */
function runningPair(log: Log, say: Say): void {
  together(log, say, RUNNING);
}

/** Once per idle→running move, not per request or result; also after a back-off. */
function runningOnce(log: Log, say: Say): void {
  for (const entry of log.entries) {
    if (entry.type !== RUNNING[0]) continue;
    const { status } = entry.before;
    say(pathOf(entry), status === "idle" || status === "rescheduled", `running again while ${status}`);
  }
}

/** Thread, usage, session; one stop reason, except that a session at its budget says so whatever its thread says (§4.11). */
function idleGroup(log: Log, say: Say): void {
  together(log, say, IDLE);
  for (const [at, entry] of log.entries.entries()) {
    const thread = log.entries[at - 2];
    if (entry.type !== IDLE[2] || thread?.type !== IDLE[0]) continue;
    const [a, b] = [thread.event, entry.event];
    const equal = isDeepStrictEqual(a.stop_reason, b.stop_reason) && isDeepStrictEqual(a.stop_details, b.stop_details);
    const over = stopReason(b).type === "budget_reached" && b.stop_details === null;
    const own = over && stopReason(a).type !== "requires_action";
    say(pathOf(entry), equal || own, "thread and session give different stop reasons");
  }
}

/** What stands right before an idle group must be able to end a turn in that way. */
function idleCause(log: Log, say: Say): void {
  for (const [at, entry] of log.entries.entries()) {
    if (entry.type !== IDLE[0]) continue;
    const reason = stopReason(entry.event).type;
    const cause = reason === "retries_exhausted" ? before(log, at, isWake) : log.entries[at - 1];
    const ok = mayIdle(entry) && (cause ? mayCause(reason, cause, entry) : false);
    say(pathOf(entry), ok, `idle with ${reason} after ${cause?.type ?? "nothing"} while ${entry.before.status}`);
  }
}

function mayIdle({ before: { status, waiting } }: Entry): boolean {
  return status === "running" || status === "rescheduled" || waiting !== null;
}

function mayCause(reason: string, cause: Entry, idle: Entry): boolean {
  const { status } = idle.before;
  if (reason === "retries_exhausted") return cause.type === "session.error" && retryStatus(cause.event) === "exhausted";
  if (cause.type === "user.interrupt") return reason === "end_turn";
  if (reason === "requires_action") {
    return status === "running"
      ? cause.type === "span.model_request_end" || isResult(cause.type)
      : isAnswer(cause.type);
  }
  if (status !== "running") return false;
  // Found at its cap when it would have asked the model: after a response, a result, or right after it was woken (§4.11).
  if (reason === "budget_reached")
    return /^(span\.model_request_end|session\.thread_status_running)$/.test(cause.type) || isResult(cause.type);
  return cause.type === "span.model_request_end" && cause.event.is_error !== true;
}

/** Session first, then thread; directly after the error that announces the retry. */
function rescheduledPair(log: Log, say: Say): void {
  together(log, say, RESCHEDULED);
  for (const [at, entry] of log.entries.entries()) {
    if (entry.type !== RESCHEDULED[0]) continue;
    const error = log.entries[at - 1];
    const ok = error?.type === "session.error" && retryStatus(error.event) === "retrying";
    say(pathOf(entry), ok, "rescheduled without a session.error that says retrying before it");
  }
}

/** A fault that is retried: the failed span's end, the error, the rescheduled pair; then running again or an interrupt. */
function retryOrder(log: Log, say: Say): void {
  for (const [at, entry] of log.entries.entries()) {
    if (entry.type !== "session.error" || retryStatus(entry.event) !== "retrying") continue;
    const span = log.entries[at - 1];
    const next = log.entries[at + 3]?.type ?? RUNNING[0];
    say(
      pathOf(entry),
      span?.type === "span.model_request_end" && span.event.is_error === true,
      "no failed span before",
    );
    say(pathOf(entry), log.entries[at + 1]?.type === RESCHEDULED[0], "not followed by session.status_rescheduled");
    say(pathOf(entry), next === RUNNING[0] || next === "user.interrupt", `${next} after the rescheduled pair`);
  }
}

/** A turn that is given up: the error, flushed input, the idle group with retries_exhausted. */
function exhaustedOrder(log: Log, say: Say): void {
  for (const [at, entry] of log.entries.entries()) {
    if (entry.type !== "session.error" || retryStatus(entry.event) !== "exhausted") continue;
    const idle = after(log, at + 1, isWake);
    const ok = idle?.type === IDLE[0] && stopReason(idle.event).type === "retries_exhausted";
    say(pathOf(entry), ok, "an exhausted error is followed by the idle group with retries_exhausted");
  }
}

/** A session that cannot go on: failed span, terminal error, flushed input, terminated; and nothing after it. */
function terminalOrder(log: Log, say: Say): void {
  for (const [at, entry] of log.entries.entries()) {
    const terminal = entry.type === "session.error" && retryStatus(entry.event) === "terminal";
    if (terminal) {
      const next = after(log, at + 1, isWake)?.type;
      say(pathOf(entry), next === "session.status_terminated", `terminal error followed by ${next}`);
    }
    if (entry.type !== "session.status_terminated") continue;
    const cause = before(log, at, isWake);
    const caused = cause?.type === "session.error" && retryStatus(cause.event) === "terminal";
    say(pathOf(entry), caused, "terminated without a session.error that says terminal before it");
    say(pathOf(entry), at === log.entries.length - 1, "events after session.status_terminated");
  }
}

export const STATUS_RULES: readonly Rule<Log>[] = [
  { id: "log.running-pair", source: "spec/core.md §4.1", check: runningPair },
  { id: "log.running-once", source: "spec/core.md §4.1", check: runningOnce },
  { id: "log.idle-group", source: "spec/core.md §4.6", check: idleGroup },
  { id: "log.idle-cause", source: "spec/core.md §4.6, §9", check: idleCause },
  { id: "log.rescheduled-pair", source: "spec/core.md §4.8", check: rescheduledPair },
  { id: "log.retry-order", source: "spec/core.md §4.8", check: retryOrder },
  { id: "log.exhausted-order", source: "spec/core.md §4.8", check: exhaustedOrder },
  { id: "log.terminal-order", source: "spec/core.md §4.6", check: terminalOrder },
];
