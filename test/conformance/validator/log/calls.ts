/** Rules about tool results and what a session waits for (spec/core.md §4.4, §4.6). */
import { isDeepStrictEqual } from "node:util";
import type { Rule, Say } from "../report.ts";
import {
  type Call,
  callIdOf,
  confirmations,
  type Entry,
  isResult,
  isSynthesized,
  type Log,
  openCalls,
  pathOf,
  stopReason,
} from "./facts.ts";

const RESULT_OF: Record<string, Call["family"]> = {
  "agent.tool_result": "sandbox",
  "agent.mcp_tool_result": "mcp",
  "user.custom_tool_result": "custom",
  "user.tool_result": "sandbox",
};

/** A result names an earlier call of its family, and each call has one. */
function resultRefers(log: Log, say: Say): void {
  const settled = new Set<string>();
  for (const [at, entry] of log.entries.entries()) {
    if (!isResult(entry.type)) continue;
    const id = callIdOf(entry.event);
    const call = log.calls.get(id);
    const fits = call !== undefined && call.at < at && call.family === RESULT_OF[entry.type];
    say(pathOf(entry), fits, `${entry.type} for ${id}, which is no earlier call of that kind`);
    say(pathOf(entry), !settled.has(id), `a second result for ${id}`);
    settled.add(id);
  }
}

/** The server's results come in call order. */
function resultOrder(log: Log, say: Say): void {
  const last = new Map<number, Call>();
  for (const entry of log.entries) {
    const call =
      entry.type.startsWith("agent.") && isResult(entry.type) ? log.calls.get(callIdOf(entry.event)) : undefined;
    if (!call) continue;
    const previous = last.get(call.batch);
    say(
      pathOf(entry),
      !previous || previous.at < call.at,
      `the result of ${call.id} stands behind that of a later call`,
    );
    last.set(call.batch, call);
  }
}

/** An ask-gated call runs after it was allowed; a denied one is an error. An interrupt settles it without either. */
function askWaits(log: Log, say: Say): void {
  eachServerResult(log, (at, entry, call) => {
    if (call.permission !== "ask") return;
    const verdict = confirmations(log, at).get(call.id);
    say(pathOf(entry), verdict !== undefined, `${call.id} has a result but no confirmation`);
    say(pathOf(entry), verdict !== "deny" || entry.event.is_error === true, `${call.id} was denied, yet is no error`);
  });
}

/** While an ask-gated call of a batch is unanswered, nothing of the batch runs; what may not run is settled at once. */
function batchWaits(log: Log, say: Say): void {
  eachServerResult(log, (at, entry, call) => {
    if (call.permission === "deny") return;
    const given = confirmations(log, at);
    const gated = [...log.calls.values()].filter((c) => c.batch === call.batch && c.permission === "ask");
    const missing = gated.filter((c) => !given.has(c.id)).map((c) => c.id);
    say(pathOf(entry), missing.length === 0, `${call.id} ran while ${missing.join(", ")} was unanswered`);
  });
}

function eachServerResult(log: Log, visit: (at: number, entry: Entry, call: Call) => void): void {
  for (const [at, entry] of log.entries.entries()) {
    if (entry.type !== "agent.tool_result" && entry.type !== "agent.mcp_tool_result") continue;
    const call = log.calls.get(callIdOf(entry.event));
    if (call && !isSynthesized(log, at)) visit(at, entry, call);
  }
}

/** `event_ids` are the blocking calls that are open: unconfirmed asks and unanswered custom calls, in call order. */
function requiresActionIds(log: Log, say: Say): void {
  for (const [at, entry] of log.entries.entries()) {
    if (entry.type !== "session.thread_status_idle" && entry.type !== "session.status_idle") continue;
    const { type, eventIds } = stopReason(entry.event);
    if (type !== "requires_action") continue;
    const given = confirmations(log, at);
    const blocking = openCalls(log, at)
      .filter((call) => call.family === "custom" || (call.permission === "ask" && !given.has(call.id)))
      .map((call) => call.id);
    const ok = blocking.length > 0 && isDeepStrictEqual(eventIds, blocking);
    say(
      pathOf(entry),
      ok,
      `lists ${eventIds.join(", ")}; the open blocking calls are ${blocking.join(", ") || "none"}`,
    );
  }
}

export const CALL_RULES: readonly Rule<Log>[] = [
  { id: "log.result-refers", source: "spec/core.md §4.6", check: resultRefers },
  { id: "log.result-order", source: "spec/core.md §4.6, §5.1", check: resultOrder },
  { id: "log.ask-waits", source: "spec/core.md §4.4", check: askWaits },
  { id: "log.batch-waits", source: "spec/core.md §4.4", check: batchWaits },
  { id: "log.requires-action-ids", source: "spec/core.md §4.4", check: requiresActionIds },
];
