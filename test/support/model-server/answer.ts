/** What a test scripts: one answer of the model. Plain JSON, since tests in another process send it over HTTP. */
import type { Fields } from "./json.ts";

export type AnswerBlock =
  /** `chunks`: in how many pieces it streams; without it, pieces of about 24 characters. */
  | { type: "text"; text: string; chunks?: number; citations?: Fields[] }
  /** Left out where the request turns thinking off. Before a tool use it stands for a progress update on models that narrate so. */
  | { type: "thinking"; text?: string }
  | { type: "redacted_thinking" }
  | { type: "tool_use"; name: string; input: Fields; id?: string; chunks?: number }
  /** A tool use whose JSON ends early; the answer's stop reason is then `max_tokens`. */
  | { type: "tool_use_cut"; name: string; partial: string; id?: string }
  /** The summary for a compaction request; without one the server writes its own. */
  | { type: "compaction"; content: string }
  /** Any other block, sent whole: server tools, kinds nobody knows yet. */
  | { type: "raw"; block: Fields };

export type HoldPoint = "before_headers" | "after_headers" | "after_first_delta" | "before_stop";

export type Fault =
  /** An HTTP error. `retry_after` in seconds. */
  | { kind: "status"; status: number; type?: string; message?: string; code?: string; retry_after?: number }
  /** An SSE `error` in the middle of block `at_block` (0 by default); without streaming, the status of that type. */
  | { kind: "sse_error"; type?: string; message?: string; at_block?: number }
  /** The body ends after `after` events (pings not counted): a clean end of the stream, or with `reset` a broken connection. */
  | { kind: "cut"; after: number; reset?: boolean }
  /** After `after` events nothing more comes, and the connection stays open. */
  | { kind: "stall"; after: number }
  /** After `message_start`, `count` pings `every_ms` apart; then the answer goes on. */
  | { kind: "pings"; every_ms: number; count: number }
  /** No headers, ever. */
  | { kind: "no_answer" };

/** Milliseconds to the first event and between deltas. */
export interface Pace {
  first_ms: number;
  gap_ms: number;
}

export interface Answer {
  blocks: AnswerBlock[];
  /** By default `tool_use` with a tool use, `max_tokens` with a cut one, else `end_turn`. */
  stop_reason?: string;
  stop_sequence?: string;
  stop_details?: Fields;
  /** Replaces computed counts one by one. */
  usage?: Fields;
  pace?: Pace;
  /** Waits there until released. */
  hold?: HoldPoint;
  fault?: Fault;
  /** The fault strikes this many attempts, then the answer comes. Without it: once from the queue, every time from a script. */
  times?: number;
}

export function say(text: string): Answer {
  return { blocks: [{ type: "text", text }] };
}
