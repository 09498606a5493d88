import type { Boots } from "../log/boots.ts";
import { blockingCalls, type CallState, CUT_CALL, openCalls, type State } from "../log/state.ts";
import { capped } from "./spent.ts";

/** Rounds of tool use in one turn; the hosted service's value is not published (spec/core.md §13). @inferred */
export const MAX_TOOL_ROUNDS = 250;
/** Attempts of one model request, crashes included (reliability.md, budget rule). @inferred: the hosted count is not published */
export const MAX_ATTEMPTS = 5;
/** The same call failing this often in a row ends the turn (shared design §4, "Money"). */
export const MAX_SAME_FAILURES = 5;
/** Boots of one turn, and boots in a row that died within a minute (reliability.md, budget rule). */
export const MAX_BOOTS_IN_TURN = 50;
export const MAX_BOOT_STREAK = 8;

/** What this instance is doing right now: the only thing beside the log that a decision may look at. */
export interface Live {
  epoch: number;
  /** Microseconds. */
  now: number;
  boots: Boots;
  /** The model request whose stream this instance is reading. */
  request: string | null;
  /** Requests that this instance has sent: an open one among them that is not being read any more is lost. */
  sent: ReadonlySet<string>;
  /** The call that this instance is waiting for. */
  call: string | null;
}

/** `damaged` is decided before the log can be reduced, by the boot. */
export type EndReason = "tool_rounds" | "same_failure" | "cut_calls" | "attempts" | "boots" | "damaged";

/** `request` to `end` follow from the log alone and are rows of the next commit; `call` and `execute` are effects. */
export type Action =
  | { kind: "none" }
  | { kind: "wait" }
  | { kind: "abandon" }
  | { kind: "resume" }
  | { kind: "request" }
  | { kind: "rest" }
  | { kind: "pause" }
  | { kind: "ask" }
  | { kind: "deny"; call: CallState }
  | { kind: "dispatch"; call: CallState }
  | { kind: "end"; reason: EndReason }
  | { kind: "call" }
  | { kind: "execute"; call: CallState };

/**
 * What happens next. Pure and total: two boots from the same rows give the same answer (I24), and recovery is this function on a log that ends
 * early. The order of the questions is the order of spec/core.md §4.4–§4.6.
 */
export function decide(state: State, live: Live): Action {
  if (state.deleting || state.archivedAt !== null) return { kind: "none" };
  if (state.status === "idle" || state.status === "terminated") return { kind: "none" };
  if (state.status === "rescheduling") return { kind: (state.retryAt ?? 0) <= live.now ? "resume" : "wait" };
  if (state.request) return openRequest(state.request, live);
  if (live.boots.streak >= MAX_BOOT_STREAK || live.boots.inTurn >= MAX_BOOTS_IN_TURN)
    return { kind: "end", reason: "boots" };
  return nextCall(state, live) ?? nextRequest(state, live);
}

function openRequest(request: { id: string; epoch: number }, live: Live): Action {
  if (live.request === request.id) return { kind: "wait" };
  const unsent = request.epoch === live.epoch && !live.sent.has(request.id);
  return { kind: unsent ? "call" : "abandon" };
}

/** Sandbox calls run one after another in call order, once no ask of the batch is unanswered; custom ones are waited for last. */
function nextCall(state: State, live: Live): Action | null {
  const open = openCalls(state);
  if (open.length === 0) return null;
  const blocking = blockingCalls(state);
  if (blocking.some((call) => call.family === "sandbox")) return { kind: "ask" };
  const next = open.find((call) => call.family === "sandbox");
  if (!next) return { kind: "ask" };
  if (next.permission === "deny" || next.answer === "deny") return { kind: "deny", call: next };
  if (!next.dispatched) return { kind: "dispatch", call: next };
  return live.call === next.id ? { kind: "wait" } : { kind: "execute", call: next };
}

/** The budget is asked last, before each request: a request that crosses the cap has been finished (spec/core.md §4.11). */
function nextRequest(state: State, live: Live): Action {
  const turn = state.turn;
  if (!state.asked) return { kind: "rest" };
  if (turn && turn.sameFailures >= MAX_SAME_FAILURES)
    return { kind: "end", reason: turn.sameDigest === CUT_CALL ? "cut_calls" : "same_failure" };
  if (turn && turn.rounds >= MAX_TOOL_ROUNDS) return { kind: "end", reason: "tool_rounds" };
  if (turn && turn.failures >= MAX_ATTEMPTS) return { kind: "end", reason: "attempts" };
  return { kind: capped(state, live.now) ? "pause" : "request" };
}
