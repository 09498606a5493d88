/** Rules about single values, wherever they stand in a body or an event. */
import type { Rule, Say } from "./report.ts";
import { places } from "./walk.ts";

const BASE58 = "[1-9A-HJ-NP-Za-km-z]";
const DAY = "\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])";
const TIME = "([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d";
const RFC3339_UTC = new RegExp(`^${DAY}T${TIME}(\\.\\d{1,9})?Z$`);
const MICROSECONDS = new RegExp(`^${DAY}T${TIME}\\.\\d{6}Z$`);
const MILLISECONDS = new RegExp(`^${DAY}T${TIME}\\.\\d{3}Z$`);
const CENTS = /^(0|[1-9]\d*)$/;

/** `id` has the prefix of the object that it names; events are all types with a dot. */
const OWN_PREFIX: Record<string, string> = {
  session: "sesn",
  session_deleted: "sesn",
  session_thread: "sthr",
  agent: "agent",
  environment: "env",
  environment_deleted: "env",
  file: "sesrsc",
  github_repository: "sesrsc",
};
const KEY_PREFIX: Record<string, string> = {
  environment_id: "env",
  session_id: "sesn",
  session_thread_id: "sthr",
  parent_thread_id: "sthr",
  from_session_thread_id: "sthr",
  to_session_thread_id: "sthr",
  tool_use_id: "sevt",
  custom_tool_use_id: "sevt",
  mcp_tool_use_id: "sevt",
  model_request_start_id: "sevt",
  outcome_evaluation_start_id: "sevt",
  event_id: "sevt",
  event_ids: "sevt",
  outcome_id: "outc",
  deployment_id: "depl",
  vault_ids: "vlt",
  vault_id: "vlt",
  credential_id: "vcrd",
  request_id: "req",
};
const TIME_KEYS: ReadonlySet<string> = new Set([
  "created_at",
  "updated_at",
  "archived_at",
  "deprecated_at",
  "retires_at",
  "completed_at",
]);

/** spec/core.md §1.6: prefix, `_01`, 22 base58 characters. */
function idPattern(value: unknown, say: Say): void {
  for (const { path, key, value: id, owner } of places(value)) {
    const type = typeof owner.type === "string" ? owner.type : "";
    const own = key === "id" ? (OWN_PREFIX[type] ?? (type.includes(".") ? "sevt" : undefined)) : undefined;
    const prefix = own ?? KEY_PREFIX[key];
    if (!prefix || id === null) continue;
    const pattern = new RegExp(`^${prefix}_01${BASE58}{22}$`);
    for (const one of Array.isArray(id) ? id : [id]) {
      say(path, typeof one === "string" && pattern.test(one), `${one} is not ${prefix}_01 and 22 base58 characters`);
    }
  }
}

/** spec/core.md §1.9: RFC 3339, UTC, with `Z`. */
function timestamp(value: unknown, say: Say): void {
  for (const { path, key, value: time } of places(value)) {
    if (!TIME_KEYS.has(key) || time === null) continue;
    say(path, typeof time === "string" && RFC3339_UTC.test(time) && isRealDay(time), `${time} is no RFC 3339 UTC time`);
  }
}

/** spec/core.md §1.9: `processed_at` has six decimals; `agent.thinking` may have three. */
function stamp(value: unknown, say: Say): void {
  for (const { path, key, value: time, owner } of places(value)) {
    if (key !== "processed_at" || time === null) continue;
    const text = String(time);
    const ok = MICROSECONDS.test(text) || (owner.type === "agent.thinking" && MILLISECONDS.test(text));
    say(path, ok && isRealDay(text), `${text} is no RFC 3339 UTC time with six decimals`);
  }
}

/** spec/core.md §12: a pending event omits the key; null is what clients tolerate, not what is sent. */
function pendingOmitted(value: unknown, say: Say): void {
  for (const { path, key, value: time } of places(value)) {
    if (key === "processed_at") say(path, time !== null, "a pending event omits processed_at, null is not sent");
  }
}

/** spec/core.md §4.3: text blocks are not empty, in either direction. */
function textNonempty(value: unknown, say: Say): void {
  for (const { path, key, value: text, owner } of places(value)) {
    // The text of a delta may be empty; a document's inline text has its own key, `data`.
    if (key === "text" && owner.type === "text" && !path.startsWith("/delta/"))
      say(path, text !== "", "empty text block");
  }
}

/** spec/core.md §4.10: money is whole cents as a string. */
function money(value: unknown, say: Say): void {
  for (const { path, key, value: amount, owner } of places(value)) {
    if (key !== "amount" || owner.currency === undefined) continue;
    say(path, typeof amount === "string" && CENTS.test(amount), `${amount} is not whole cents`);
  }
}

/** spec/core.md §4.6: no `agent.message` without content. */
function messageContent(value: unknown, say: Say): void {
  for (const { path, key, value: content, owner } of places(value)) {
    if (key !== "content" || owner.type !== "agent.message") continue;
    say(path, Array.isArray(content) && content.length > 0, "an agent.message with no content");
  }
}

/** spec/core.md §4.6: `stop_details` says why only for a refusal, and is null on every other idle. */
function stopDetails(value: unknown, say: Say): void {
  for (const { path, key, value: details, owner } of places(value)) {
    if (key !== "stop_details") continue;
    const reason = owner.stop_reason as { type?: unknown } | null;
    say(path, (details !== null) === (reason?.type === "refusal"), "stop_details is set for a refusal and only then");
  }
}

/** `2026-02-30` has the right form and is no day. */
function isRealDay(time: string): boolean {
  const date = new Date(`${time.slice(0, 10)}T00:00:00Z`);
  return !Number.isNaN(date.valueOf()) && date.toISOString().slice(0, 10) === time.slice(0, 10);
}

export const VALUE_RULES: readonly Rule<unknown>[] = [
  { id: "id-pattern", source: "spec/core.md §1.6", check: idPattern },
  { id: "timestamp", source: "spec/core.md §1.9", check: timestamp },
  { id: "stamp", source: "spec/core.md §1.9", check: stamp },
  { id: "pending-omitted", source: "spec/core.md §12", check: pendingOmitted },
  { id: "text-nonempty", source: "spec/core.md §4.3", check: textNonempty },
  { id: "money", source: "spec/core.md §4.10", check: money },
  { id: "message-content", source: "spec/core.md §4.6", check: messageContent },
  { id: "stop-details", source: "spec/core.md §4.6", check: stopDetails },
];
