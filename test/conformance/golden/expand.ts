/** A golden log as whole events: made-up ids and stamps, and every field that the type needs. For tests of the logs themselves. */
import { createHash } from "node:crypto";
import type { Expected, ExpectedFrame, Line, Matcher } from "../../story/format.ts";

export type FullEvent = { id: string; type: string; [key: string]: unknown };

const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const BODY_LENGTH = 22;
const FIRST_SECOND = "2026-11-22T10:00:00";

const USAGE = { input_tokens: 3, output_tokens: 2, cache_read_input_tokens: 0, cache_creation_input_tokens: 0 };
const THREAD = { session_thread_id: "@thread", agent_name: "golden" };
/** What a type needs beside what its lines say. */
const DEFAULTS: Record<string, Record<string, unknown>> = {
  "session.thread_status_running": THREAD,
  "session.thread_status_idle": THREAD,
  "session.thread_status_rescheduled": THREAD,
  "session.usage": { usage: { input_tokens: 3, output_tokens: 2, active_seconds: 1 }, budget: null },
  "span.model_request_end": { is_error: false, model_usage: USAGE },
  "session.updated": {},
  "agent.message": { content: [{ type: "text", text: "hello" }] },
  "agent.tool_use": { name: "bash", input: {} },
  "agent.custom_tool_use": { name: "lookup", input: {} },
  "agent.tool_result": { content: [{ type: "text", text: "done" }] },
  "user.message": { content: [{ type: "text", text: "hello" }] },
};

/** The id that a name stands for: the same name, the same id. */
export function idOf(name: string, prefix = "sevt"): string {
  const bytes = createHash("sha256").update(name).digest();
  const body = [...bytes.subarray(0, BODY_LENGTH)].map((byte) => ALPHABET[byte % ALPHABET.length]).join("");
  return `${prefix}_01${body}`;
}

/** The `n`-th stamp: microseconds apart. */
export function stampOf(n: number): string {
  return `${FIRST_SECOND}.${String(n).padStart(6, "0")}Z`;
}

/** Whole events of a log; a repeated group stands there as often as it must. */
export function expandLog(lines: readonly Line[]): FullEvent[] {
  return flatten(lines).map((line, i) => full(line, i));
}

function flatten(lines: readonly Line[]): Expected[] {
  return lines.flatMap((line) => {
    if (!isRepeat(line)) return [line];
    return Array.from({ length: line.at_least }, (_, round) => renamed(line.repeat, round)).flat();
  });
}

/** Each round of a repeated group has ids of its own. */
function renamed(lines: Expected[], round: number): Expected[] {
  const names = lines.flatMap((line) => (line.id ? [line.id] : []));
  const text = names.reduce((all, name) => all.replaceAll(`"${name}"`, `"${name}#${round}"`), JSON.stringify(lines));
  return JSON.parse(text) as Expected[];
}

function isRepeat(line: Line): line is Extract<Line, { at_least: number }> {
  return "at_least" in line;
}

/** Frames of a stream: a delta line becomes two deltas. */
export function expandStream(frames: readonly ExpectedFrame[]): Record<string, unknown>[] {
  return frames.flatMap((frame, i): Record<string, unknown>[] => {
    if (frame.type === "event_start") return [resolve(frame) as Record<string, unknown>];
    if (frame.type !== "event_delta") return [full(frame as Expected, i)];
    const { event_id, text } = frame as Extract<ExpectedFrame, { type: "event_delta" }>;
    const half = Math.ceil(text.length / 2);
    return [text.slice(0, half), text.slice(half)].map((part) => ({
      type: "event_delta",
      event_id: idOf(event_id),
      delta: { type: "content_delta", index: 0, content: { type: "text", text: part } },
    }));
  });
}

function full(line: Expected, i: number): FullEvent {
  const { id, pending, ...fields } = line;
  const whole = resolve({ ...DEFAULTS[line.type], ...fields }) as FullEvent;
  return { ...whole, id: idOf(id ?? `@line${i}`), ...(pending ? {} : { processed_at: stampOf(i) }) };
}

/** Names become ids, matchers become a text that they match. */
function resolve(value: unknown, key = ""): unknown {
  if (typeof value === "string") {
    return value.startsWith("@") ? idOf(value, key === "session_thread_id" ? "sthr" : "sevt") : value;
  }
  if (Array.isArray(value)) return value.map((item: Matcher) => resolve(item, key));
  if (typeof value !== "object" || value === null) return value;
  if ("contains" in value) return value.contains || "text";
  if ("includes" in value) return resolve(value.includes);
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, resolve(v, k)]));
}
