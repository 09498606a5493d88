/**
 * What the order rules need to know about one thread's log, found in one tolerant pass: it never judges, so that each rule can.
 */
import { isObject, type JsonObject } from "../walk.ts";

export interface WireEvent extends JsonObject {
  id: string;
  type: string;
}

export type Status = "idle" | "running" | "rescheduled" | "terminated";
export type Family = "sandbox" | "mcp" | "custom";

/** One tool use. */
export interface Call {
  id: string;
  at: number;
  family: Family;
  /** What the tool-use event says: `allow`, `ask`, `deny`; custom calls have none. */
  permission: unknown;
  /** The position of the span start of its response: calls of one response are one batch. */
  batch: number;
}

/** One stamped event with what holds just before it. */
export interface Entry {
  event: WireEvent;
  type: string;
  /** Its index in the list as given. */
  index: number;
  before: {
    status: Status;
    /** The ids of the last requires_action idle while the session still waits there, else null. */
    waiting: string[] | null;
    /** Position of the open span's start, or null. */
    span: number | null;
    /** Whether the last idle was for the budget, and whether the budget has been changed since; null: neither. */
    budget: "reached" | "changed" | null;
  };
}

export interface Log {
  /** The list as given, pending events included. */
  all: WireEvent[];
  /** Stamped events that have a place in the order. Positions below are into this. */
  entries: Entry[];
  calls: Map<string, Call>;
}

/** Events that may stand anywhere: they report on the side and the turn does not wait for them. */
const ANYWHERE: ReadonlySet<string> = new Set([
  "session.updated",
  "session.thread_created",
  "agent.thread_context_compacted",
  "agent.thread_message_sent",
  "agent.thread_message_received",
]);
/** Errors of servers and mounts do not stop the session (spec/core.md §4.8). */
const SIDE_ERROR = /^(mcp_|repository_|credential_)/;
const FAMILY: Record<string, Family> = {
  "agent.tool_use": "sandbox",
  "agent.mcp_tool_use": "mcp",
  "agent.custom_tool_use": "custom",
};

export const isStamped = (event: WireEvent): boolean => typeof event.processed_at === "string";
export const isContent = (type: string): boolean => /^agent\.(message|thinking)$/.test(type) || type in FAMILY;
export const isResult = (type: string): boolean =>
  /^(agent\.(mcp_)?tool_result|user\.(custom_)?tool_result)$/.test(type);
export const isAnswer = (type: string): boolean =>
  /^user\.(tool_confirmation|tool_result|custom_tool_result)$/.test(type);
export const isWake = (type: string): boolean => /^(user\.(message|define_outcome)|system\.message)$/.test(type);

/** The call that a result or answer names. */
export function callIdOf(event: WireEvent): string {
  return String(event.tool_use_id ?? event.custom_tool_use_id ?? event.mcp_tool_use_id);
}

export function stopReason(event: WireEvent): { type: string; eventIds: string[] } {
  const reason = isObject(event.stop_reason) ? event.stop_reason : {};
  return { type: String(reason.type), eventIds: Array.isArray(reason.event_ids) ? reason.event_ids.map(String) : [] };
}

/** `retrying`, `exhausted` or `terminal` of a `session.error`. */
export function retryStatus(event: WireEvent): string {
  const error = isObject(event.error) ? event.error : {};
  return isObject(error.retry_status) ? String(error.retry_status.type) : "";
}

export function readLog(all: WireEvent[]): Log {
  const log: Log = { all, entries: [], calls: new Map() };
  let status: Status = "idle";
  let waiting: string[] | null = null;
  let span: number | null = null;
  let budget: Entry["before"]["budget"] = null;
  for (const [index, event] of all.entries()) {
    if (event.type === "session.updated" && "budget" in event && budget === "reached") budget = "changed";
    if (!isStamped(event) || ANYWHERE.has(event.type) || isSideError(event)) continue;
    const { type } = event;
    const at: number = log.entries.push({ event, type, index, before: { status, waiting, span, budget } }) - 1;
    const family = FAMILY[type];
    if (family) {
      log.calls.set(event.id, { id: event.id, at, family, permission: event.evaluated_permission, batch: span ?? at });
    } else if (type === "span.model_request_start") span = at;
    else if (type === "span.model_request_end") span = null;
    else if (type === "session.status_running") [status, waiting, budget] = ["running", null, null];
    else if (type === "session.status_rescheduled") status = "rescheduled";
    else if (type === "session.status_terminated") status = "terminated";
    else if (type === "session.status_idle") {
      const reason = stopReason(event);
      [status, waiting] = ["idle", reason.type === "requires_action" ? reason.eventIds : null];
      budget = reason.type === "budget_reached" ? "reached" : null;
    }
  }
  return log;
}

function isSideError(event: WireEvent): boolean {
  return event.type === "session.error" && isObject(event.error) && SIDE_ERROR.test(String(event.error.type));
}

/** Where in the list as given an entry stands, for messages. */
export const pathOf = (entry: Entry): string => `/${entry.index}`;

/** The first entry from `at` on that `skip` does not take. */
export function after(log: Log, at: number, skip: (type: string) => boolean): Entry | undefined {
  let next = at;
  while (log.entries[next] && skip(log.entries[next]?.type ?? "")) next++;
  return log.entries[next];
}

/** The last entry before `at` that `skip` does not take. */
export function before(log: Log, at: number, skip: (type: string) => boolean): Entry | undefined {
  let previous = at - 1;
  while (previous >= 0 && skip(log.entries[previous]?.type ?? "")) previous--;
  return log.entries[previous];
}

/** Whether the result at `at` was made by an interrupt: nothing but results between it and the interrupt. */
export function isSynthesized(log: Log, at: number): boolean {
  return after(log, at, isResult)?.type === "user.interrupt";
}

/** The calls that have no result before position `at`, in call order. */
export function openCalls(log: Log, at: number): Call[] {
  const settled = new Set(
    log.entries
      .slice(0, at)
      .filter((e) => isResult(e.type))
      .map((e) => callIdOf(e.event)),
  );
  return [...log.calls.values()].filter((call) => call.at < at && !settled.has(call.id));
}

/** The ids of gated calls with a stamped confirmation before position `at`, with its verdict. */
export function confirmations(log: Log, at: number): Map<string, unknown> {
  const confirmed = log.entries.slice(0, at).filter((e) => e.type === "user.tool_confirmation");
  return new Map(confirmed.map((e) => [callIdOf(e.event), e.event.result]));
}
