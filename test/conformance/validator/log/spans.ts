/** Rules about model requests and what stands inside them (spec/core.md §4.6). */
import type { Rule, Say } from "../report.ts";
import { isContent, type Log, openCalls, pathOf, stopReason } from "./facts.ts";

const START = "span.model_request_start";
const END = "span.model_request_end";

/** One request at a time, and only while running. */
function oneSpan(log: Log, say: Say): void {
  for (const entry of log.entries) {
    if (entry.type !== START) continue;
    say(pathOf(entry), entry.before.span === null, "a model request starts while another is open");
    say(pathOf(entry), entry.before.status === "running", `a model request starts while ${entry.before.status}`);
  }
}

/** An end names the open start. */
function spanRefers(log: Log, say: Say): void {
  for (const entry of log.entries) {
    if (entry.type !== END) continue;
    const open = entry.before.span === null ? undefined : log.entries[entry.before.span]?.event.id;
    const named = entry.event.model_request_start_id;
    say(pathOf(entry), open !== undefined && named === open, `ends ${named}, but ${open ?? "no request"} is open`);
  }
}

/** What the model says and calls stands between its request's start and end. */
function contentInSpan(log: Log, say: Say): void {
  for (const entry of log.entries) {
    if (isContent(entry.type)) say(pathOf(entry), entry.before.span !== null, `${entry.type} outside a model request`);
  }
}

/** Nothing else stands there: results, client events and status changes wait for the end. */
function spanOnlyContent(log: Log, say: Say): void {
  for (const entry of log.entries) {
    if (entry.before.span === null || entry.type === START || entry.type === END) continue;
    say(pathOf(entry), isContent(entry.type), `${entry.type} inside a model request`);
  }
}

/** A failed or interrupted request leaves no message and no call behind (spec/core.md §4.5; a preview may stay unfinished). */
function failedSpanEmpty(log: Log, say: Say): void {
  for (const [at, entry] of log.entries.entries()) {
    if (entry.type !== END || entry.event.is_error !== true || entry.before.span === null) continue;
    const inside = log.entries.slice(entry.before.span + 1, at).filter((e) => e.type !== "agent.thinking");
    say(pathOf(entry), inside.length === 0, `a failed request with ${inside[0]?.type}`);
  }
}

/** Every call has its result before the next request, before an idle that does not wait for it, and before the end. */
function callsSettled(log: Log, say: Say): void {
  for (const [at, entry] of log.entries.entries()) {
    const waits = entry.type === "session.thread_status_idle" && stopReason(entry.event).type !== "requires_action";
    if (entry.type !== START && !waits && entry.type !== "session.status_terminated") continue;
    const open = openCalls(log, at).map((call) => call.id);
    say(pathOf(entry), open.length === 0, `${entry.type} while ${open.join(", ")} has no result`);
  }
}

export const SPAN_RULES: readonly Rule<Log>[] = [
  { id: "log.one-span", source: "spec/core.md §4.6", check: oneSpan },
  { id: "log.span-refers", source: "spec/core.md §4.6", check: spanRefers },
  { id: "log.content-in-span", source: "spec/core.md §4.6", check: contentInSpan },
  { id: "log.span-only-content", source: "spec/core.md §4.6", check: spanOnlyContent },
  { id: "log.failed-span-empty", source: "spec/core.md §4.5", check: failedSpanEmpty },
  { id: "log.calls-settled", source: "spec/core.md §4.6, §9", check: callsSettled },
];
