import type { Boots } from "../log/crash-loop.ts";
import { PRIMARY } from "../log/rows.ts";
import {
  blockingCalls,
  type CallState,
  CUT_CALL,
  openCalls,
  rolledUpStatus,
  type SessionState,
  type ThreadState,
  threadAt,
} from "../log/state.ts";
import { capped } from "./money/budget.ts";

/** Rounds of tool use in one turn; the hosted service's value is not published (spec/core.md §13). @inferred */
export const MAX_TOOL_ROUNDS = 250;
/** Attempts of one model request, crashes included (reliability.md, budget rule). @inferred: the hosted count is not published */
export const MAX_ATTEMPTS = 5;
/** The same call failing this often in a row ends the turn (shared design §4, "Money"). */
export const MAX_SAME_FAILURES = 5;
/** Boots of one turn, and boots in a row that died within a minute (reliability.md, budget rule). */
export const MAX_BOOTS_IN_TURN = 50;
export const MAX_BOOT_STREAK = 8;

/** What this instance is doing right now for a thread: the only thing beside the log that a decision may look at. */
export interface Live {
  epoch: number;
  /** Microseconds. */
  now: number;
  boots: Boots;
  /** The model request whose stream this instance is reading. */
  request: string | null;
  /** Requests that this instance has sent: an open one among them that is not being read any more is lost. */
  sent: ReadonlySet<string>;
  /** The calls that this instance is waiting for. */
  calls: ReadonlySet<string>;
}

/** `damaged` is decided before the log can be reduced, by the boot. */
export type EndReason = "tool_rounds" | "same_failure" | "cut_calls" | "attempts" | "boots" | "damaged";

/** `abandon` to `end` follow from the log alone and are rows of the next commit; `call` and `execute` are effects. */
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
 * What happens next in a thread. Pure and total: two boots from the same rows give the same answer (I24), and recovery is this function on a log
 * that ends early. The order of the questions is the order of spec/core.md §4.4–§4.6.
 */
export function decide(session: SessionState, thread: number, live: Live): Action {
  const state = threadAt(session, thread);
  if (session.deleting || session.archivedAt !== null) return { kind: "none" };
  if (thread === PRIMARY && isTornGroup(session)) return { kind: "resume" };
  if (state.status === "idle" || state.status === "terminated") return { kind: "none" };
  if (state.status === "rescheduling") return { kind: (state.retryAt ?? 0) <= live.now ? "resume" : "wait" };
  if (state.request) return openRequest(state.request, live);
  if (live.boots.streak >= MAX_BOOT_STREAK || live.boots.inTurn >= MAX_BOOTS_IN_TURN)
    return { kind: "end", reason: "boots" };
  return nextCall(state, live) ?? nextRequest(session, state, live);
}

/** The session's clock runs and no thread does: of the rows that belong together only the first were kept. */
function isTornGroup(session: SessionState): boolean {
  return session.runningSince !== null && rolledUpStatus(session) === "idle";
}

function openRequest(request: { id: string; epoch: number }, live: Live): Action {
  if (live.request === request.id) return { kind: "wait" };
  const unsent = request.epoch === live.epoch && !live.sent.has(request.id);
  return { kind: unsent ? "call" : "abandon" };
}

/** In call order, once no ask of the batch is unanswered: a serial call keeps those after it waiting; parked ones are waited for last. */
function nextCall(state: ThreadState, live: Live): Action | null {
  const open = openCalls(state);
  if (open.length === 0) return null;
  if (blockingCalls(state).some((call) => call.order !== "parked")) return { kind: "ask" };
  const ours = open.filter((call) => call.order !== "parked");
  for (const call of ours) {
    if (call.permission === "deny" || call.answer === "deny") return { kind: "deny", call };
    if (!call.dispatched) return { kind: "dispatch", call };
    if (!live.calls.has(call.id)) return { kind: "execute", call };
    if (call.order === "serial") return { kind: "wait" };
  }
  return { kind: ours.length > 0 ? "wait" : "ask" };
}

/** The budget is asked last, before each request: a request that crosses the cap has been finished (spec/core.md §4.11). */
function nextRequest(session: SessionState, { turn, asked }: ThreadState, live: Live): Action {
  if (!asked) return { kind: "rest" };
  if (turn && turn.sameFailures >= MAX_SAME_FAILURES)
    return { kind: "end", reason: turn.sameDigest === CUT_CALL ? "cut_calls" : "same_failure" };
  if (turn && turn.rounds >= MAX_TOOL_ROUNDS) return { kind: "end", reason: "tool_rounds" };
  if (turn && turn.failures >= MAX_ATTEMPTS) return { kind: "end", reason: "attempts" };
  return { kind: capped(session, live.now) ? "pause" : "request" };
}
