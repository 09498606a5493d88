/** How a request and a turn end other than by a response: what was used is counted, what is open is settled, and an error says why. */
import { INTERRUPTED_AFTER_TEXT, INTERRUPTED_BEFORE_TEXT } from "../hands/hand.ts";
import type { ThreadBatch } from "../log/batch.ts";
import { PRIMARY } from "../log/rows.ts";
import type { Usage } from "../log/state.ts";
import type { ModelUsage } from "../protocol/usage.ts";
import type { EndReason } from "./decide.ts";
import type { ResponseUsage } from "./models/usage.ts";
import {
  flushAnswers,
  flushInbox,
  idleGroup,
  runningPair,
  type SessionErrorType,
  sessionError,
  settleOpenCalls,
  threadTerminatedGroup,
} from "./rows.ts";

/** What a person sees of a call that nobody waits for any more (spec/core.md §4.5). */
const INTERRUPTED = { before: INTERRUPTED_BEFORE_TEXT, after: INTERRUPTED_AFTER_TEXT };
/** For a request whose answer nobody saw. */
const BYTES_PER_TOKEN = 4;

/** Exact list price of a usage in the thread's model; null without a public price. */
export type Price = (usage: ResponseUsage) => number | null;

/** Ends a span without a response. What may have been charged is counted as an estimate (reliability.md C7). Null: nothing was. */
export function closeRequest(t: ThreadBatch, price: Price, used: ResponseUsage | null, dropBlock = false): void {
  const request = t.state.request;
  if (!request) return;
  const usage = usageNote(used, price);
  t.add("span.model_request_end", {
    body: { is_error: true, model_request_start_id: request.id, model_usage: modelUsage(usage) },
    note: { usage, ...(used ? { estimated: true } : {}), ...(dropBlock ? { dropBlock: true } : {}) },
  });
  // Every later request differs, whatever becomes of this one's retry.
  if (dropBlock) t.prefixChanged({ reason: "drop_block", before: request.sha });
}

/** The log's flat form of a response's usage, with its exact price. Null: nothing was charged. */
export function usageNote(used: ResponseUsage | null, price: Price): Usage {
  const { input, output, cacheRead, cache5m, cache1h, webSearches } = used ?? tokensOnly(0);
  return { input, output, cacheRead, cache5m, cache1h, webSearches, cost: used ? price(used) : 0 };
}

/** A request whose answer nobody saw: at worst the whole prompt was charged. */
export function estimateUnseen({ state }: ThreadBatch): ResponseUsage {
  return tokensOnly(state.lastPromptTokens || Math.ceil((state.request?.length ?? 0) / BYTES_PER_TOKEN));
}

function tokensOnly(input: number): ResponseUsage {
  const tokens = { input, output: 0, cacheRead: 0, cache5m: 0, cache1h: 0 };
  return {
    ...tokens,
    webSearches: 0,
    speed: null,
    iterations: [{ ...tokens, type: "message", model: null }],
    estimated: true,
  };
}

/** The flat form on the wire: creation tokens of both lifetimes together (spec/core.md §4.6). */
export function modelUsage(usage: Usage): ModelUsage {
  return {
    cache_creation_input_tokens: usage.cache5m + usage.cache1h,
    cache_read_input_tokens: usage.cacheRead,
    input_tokens: usage.input,
    output_tokens: usage.output,
  };
}

/** The open request and every open call come to an end at once; `used`: what is known of the request's answer. */
export function abandonTurn(t: ThreadBatch, price: Price, used: ResponseUsage | null): void {
  closeRequest(t, price, t.state.request ? (used ?? estimateUnseen(t)) : null);
  flushAnswers(t);
  interruptCalls(t);
}

/** A result for every open call: nobody waits for it any more. */
export function interruptCalls(t: ThreadBatch): void {
  settleOpenCalls(t, INTERRUPTED);
}

/**
 * The turn is over for a reason of ours: the queue is flushed, the thread idles, the next message starts anew; a child thread has nobody to send
 * one, and is over (spec/core.md §4.8).
 */
export function endTurnWithError(t: ThreadBatch, error: SessionErrorType, message: string): void {
  // What waits is read by a session that runs, also where the turn ends in the pause before a retry.
  if (t.state.status === "rescheduling" && t.inbox.length > 0) runningPair(t, () => null);
  flushAnswers(t);
  interruptCalls(t);
  sessionError(t, error, message, "exhausted");
  flushInbox(t);
  if (t.thread === PRIMARY) idleGroup(t, { type: "retries_exhausted" });
  else threadTerminatedGroup(t);
}

const END: Record<EndReason, [SessionErrorType, string]> = {
  tool_rounds: [
    "tool_use_limit_reached_error",
    "The turn reached its limit of tool-use rounds. Send a message to go on.",
  ],
  same_failure: [
    "tool_use_limit_reached_error",
    "The same tool call failed five times in a row, so the turn was ended. Send a message to go on.",
  ],
  cut_calls: [
    "tool_use_limit_reached_error",
    "Five responses in a row were cut off by the output or context limit in the middle of a tool call, so the turn was ended. Send a message to go on.",
  ],
  attempts: [
    "model_request_failed_error",
    "The model request did not complete in five attempts. Send a message to try again.",
  ],
  boots: [
    "unknown_error",
    "The session was interrupted too often in this turn, so the turn was ended. Send a message to go on.",
  ],
  damaged: ["unknown_error", "A part of the session's log cannot be read, so the turn was ended."],
};

export function endTurn(t: ThreadBatch, reason: EndReason): void {
  endTurnWithError(t, ...END[reason]);
}
