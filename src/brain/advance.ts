import type { Batch } from "../log/batch.ts";
import { Corrupted, INTERNAL } from "../log/rows.ts";
import { blockingCalls, type CallState, type Usage } from "../log/state.ts";
import { CUT_TEXT } from "./context.ts";
import { decide, type EndReason, type Live } from "./decide.ts";
import {
  type Beginning,
  BUDGET_REACHED,
  callResult,
  flushAnswers,
  flushInbox,
  idleGroup,
  runningPair,
  sessionError,
  settleOpenCalls,
} from "./groups.ts";
import type { Measured } from "./hashed.ts";
import type { Usage as ModelUsage } from "./models/usage.ts";
import { capped } from "./spent.ts";

/** What rows that follow from the log need beside it. */
export interface Setting extends Beginning {
  live(): Live;
  /** Hash and length of the request that the batch would open; null when it has to be measured in its own time. */
  measure(batch: Batch): Measured | null;
  /** Exact list price of a usage in the session's model; null without a public price. */
  price(usage: ModelUsage): number | null;
  /** The fixed texts of a call that an interrupt settles (spec/core.md §4.5). */
  interrupted: { before: string; after: string };
}

type Ending = Pick<Setting, "who" | "interrupted">;

/**
 * Appends every row that follows from the log without an effect, so that intent and cause share a commit: results with the next request
 * (W5 + W2), a response with the dispatch of its first call (W3 + W4). Stops at an effect, a wait or the end of the turn.
 */
export function advance(b: Batch, setting: Setting): void {
  for (;;) {
    const action = decide(b.state, setting.live());
    switch (action.kind) {
      case "abandon":
        closeRequest(b, setting, estimateUnseen(b));
        // A response is written whole or not at all; of one that is not whole nothing may run.
        settleOpenCalls(b, setting.interrupted);
        break;
      case "resume":
        runningPair(b, setting);
        break;
      case "request": {
        const first = (b.state.turn?.failures ?? 0) === 0;
        if (first) consumeInbox(b);
        openMeasured(b, setting);
        return;
      }
      case "rest":
        // Input that came while the model was answering: another request instead of idle (spec/core.md §9, @inferred).
        if (goesOn(b)) {
          consumeInbox(b);
          break;
        }
        idleGroup(b, setting.who, messageWaits(b) ? BUDGET_REACHED : { type: "end_turn" });
        return;
      case "pause":
        idleGroup(b, setting.who, BUDGET_REACHED);
        return;
      case "ask":
        idleGroup(b, setting.who, requiresAction(b));
        return;
      case "deny":
        callResult(b, action.call, denyText(action.call), true);
        break;
      case "dispatch":
        b.add("x.dispatch", { thread: INTERNAL, body: { call: action.call.id } });
        break;
      case "end":
        endTurn(b, setting, action.reason);
        return;
      default:
        return;
    }
  }
}

/** Opens the request, unless it has to be measured in its own time. A log that no prompt can be made of ends the turn instead. */
function openMeasured(b: Batch, setting: Setting): void {
  try {
    const measured = setting.measure(b);
    if (measured) openRequest(b, measured);
  } catch (error) {
    if (!(error instanceof Corrupted)) throw error;
    exhaust(b, setting, "unknown_error", error.message);
  }
}

/** Whether input waits that a request can be made for. */
export function messageWaits(b: Batch): boolean {
  return b.inbox.some((entry) => entry.type === "user.message");
}

/** Whether that input gets a request: what waits when the cap is reached waits on, for the budget to be changed. @inferred */
export function goesOn(b: Batch): boolean {
  return messageWaits(b) && !capped(b.state, Math.max(b.now, b.state.ts));
}

/** Everything in the inbox becomes input of the next request, in the order of acceptance; answers stay until their turn. */
export function consumeInbox(b: Batch): void {
  for (const entry of b.inbox) if (entry.type === "user.message" || entry.type === "system.message") b.consume(entry);
}

/** W2: the intent of a model request. A retry must send what the failed attempt sent; that it does not is written down. */
export function openRequest(b: Batch, measured: Measured): void {
  const turn = b.state.turn;
  if (turn?.failedSha && turn.failedSha !== measured.sha) {
    const body = { reason: "bytes", before: turn.failedSha, after: measured.sha };
    b.add("x.prefix_changed", { thread: INTERNAL, body });
  }
  b.add("span.model_request_start", { note: { attempt: (turn?.failures ?? 0) + 1, ...measured } });
}

/** Ends a span without a response. What may have been charged is counted as an estimate (reliability.md C7). */
export function closeRequest(
  b: Batch,
  setting: Pick<Setting, "price">,
  used: ModelUsage | null,
  dropBlock = false,
): void {
  const request = b.state.request;
  if (!request) return;
  const usage = usageOf(used, setting);
  b.add("span.model_request_end", {
    body: { is_error: true, model_request_start_id: request.id, model_usage: modelUsage(usage) },
    note: { usage, ...(used ? { estimated: true } : {}), ...(dropBlock ? { dropBlock: true } : {}) },
  });
  // Every later request differs, whatever becomes of this one's retry.
  if (dropBlock) b.add("x.prefix_changed", { thread: INTERNAL, body: { reason: "drop_block", before: request.sha } });
}

/** The log's flat form of a response's usage, with its exact price. Null: nothing was charged. */
export function usageOf(used: ModelUsage | null, setting: Pick<Setting, "price">): Usage {
  const { input, output, cacheRead, cache5m, cache1h, webSearches } = used ?? tokensOnly(0);
  return { input, output, cacheRead, cache5m, cache1h, webSearches, cost: used ? setting.price(used) : 0 };
}

/** A request whose answer nobody saw: at worst the whole prompt was charged. */
export function estimateUnseen(b: Batch): ModelUsage {
  return tokensOnly(b.state.lastPromptTokens || Math.ceil((b.state.request?.length ?? 0) / BYTES_PER_TOKEN));
}

function tokensOnly(input: number): ModelUsage {
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
export function modelUsage(usage: Usage): object {
  return {
    cache_creation_input_tokens: usage.cache5m + usage.cache1h,
    cache_read_input_tokens: usage.cacheRead,
    input_tokens: usage.input,
    output_tokens: usage.output,
  };
}

/** The turn is over for a reason of ours: the queue is flushed, the session idles, the next message starts anew (spec/core.md §4.8). */
export function exhaust(b: Batch, setting: Ending, error: Parameters<typeof sessionError>[1], message: string): void {
  flushAnswers(b);
  settleOpenCalls(b, setting.interrupted);
  sessionError(b, error, message, "exhausted");
  flushInbox(b);
  idleGroup(b, setting.who, { type: "retries_exhausted" });
}

export function requiresAction(b: Batch): { type: "requires_action"; event_ids: string[] } {
  return { type: "requires_action", event_ids: blockingCalls(b.state).map((call) => call.id) };
}

const BYTES_PER_TOKEN = 4;

const END: Record<EndReason, [Parameters<typeof sessionError>[1], string]> = {
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

export function endTurn(b: Batch, setting: Ending, reason: EndReason): void {
  exhaust(b, setting, ...END[reason]);
}

function denyText(call: CallState): string {
  if (call.refused === "cut") return CUT_TEXT;
  if (call.refused === "unknown") return `There is no tool named ${call.name} in this session.`;
  return call.denyMessage ? `The user rejected this call: ${call.denyMessage}` : "The user rejected this call.";
}
