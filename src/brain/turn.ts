import type { ThreadBatch } from "../log/batch.ts";
import { Corrupted } from "../log/rows.ts";
import { type Action, decide } from "./decide.ts";
import { closeRequest, endTurn, endTurnWithError, estimateUnseen, interruptCalls } from "./end-turn.ts";
import { consumeInbox, continuesWithInbox, messageWaits } from "./inbox.ts";
import { BUDGET_REACHED, callResult, idleGroup, requiresAction, runningPair } from "./rows.ts";
import { callModel } from "./steps/call-model.ts";
import { measureRequest, openRequest } from "./steps/open-request.ts";
import { denyText, startCall } from "./steps/run-tool.ts";
import { begin, type Closing, liveOf, type ThreadContext } from "./thread.ts";

/** Effects in one invocation before the turn hops to a fresh one, which has its own budget of subrequests (reliability.md §5.10). */
const EFFECTS_PER_INVOCATION = 500;

/** What an action leaves to be done: another decision, an effect, or nothing that this loop could do now. */
type Next = "decide" | "rest" | (() => Promise<Closing | null>);

/**
 * The loop of one thread. There is no recovery mode: a wake after a crash, a new message and an alarm all run this function on whatever the log
 * says. It ends when nothing is left to do, or everything that is left waits for a client or a timer.
 *
 * Contract: one at a time per thread (the caller holds the promise). It rejects with `Fenced` when another instance has taken over.
 */
export async function runTurn(context: ThreadContext): Promise<"rest" | "hop"> {
  let close: Closing | null = null;
  for (let effects = 0; effects < EFFECTS_PER_INVOCATION; ) {
    const t = begin(context);
    close?.(t);
    const next = advance(t, context);
    if (t.batch.rows.length > 0) context.commit(t.batch);
    if (next !== "rest") {
      effects += 1;
      close = await next();
    } else if (context.doing.calls.size > 0)
      close = await Promise.race([...context.doing.calls.values()].map(({ done }) => done));
    else return "rest";
  }
  return "hop";
}

/**
 * Appends every row that follows from the log without an effect, so that intent and cause share a commit: results with the next request
 * (W5 + W2), a response with the dispatch of its first call (W3 + W4). Gives the effect that it stops at, or says that there is none now.
 */
export function advance(t: ThreadBatch, context: ThreadContext): Exclude<Next, "decide"> {
  for (;;) {
    const next = interpret(decide(t.session, t.thread, liveOf(context)), t, context);
    if (next !== "decide") return next;
  }
}

/** The only place that says what an action is: rows in the batch, an effect, or waiting. */
function interpret(action: Action, t: ThreadBatch, context: ThreadContext): Next {
  switch (action.kind) {
    case "none":
    case "wait":
      return "rest";
    case "abandon":
      closeRequest(t, context.price, estimateUnseen(t));
      // A response is written whole or not at all; of one that is not whole nothing may run.
      interruptCalls(t);
      return "decide";
    case "resume":
      runningPair(t, context.toolChange);
      return "decide";
    case "request":
      if ((t.state.turn?.failures ?? 0) === 0) consumeInbox(t);
      return requestOrMeasure(t, context);
    case "rest":
      // Input that came while the model was answering: another request instead of idle (spec/core.md §9, @inferred).
      if (continuesWithInbox(t)) {
        consumeInbox(t);
        return "decide";
      }
      idleGroup(t, messageWaits(t) ? BUDGET_REACHED : { type: "end_turn" });
      return "rest";
    case "pause":
      idleGroup(t, BUDGET_REACHED);
      return "rest";
    case "ask":
      idleGroup(t, requiresAction(t));
      return "rest";
    case "deny":
      callResult(t, action.call, denyText(action.call), true);
      return "decide";
    case "dispatch":
      t.batch.addInternal("x.dispatch", { call: action.call.id });
      return "decide";
    case "end":
      endTurn(t, action.reason);
      return "rest";
    case "call":
      return () => callModel(context);
    case "execute":
      return async () => startCall(context, action.call);
    default:
      return action satisfies never;
  }
}

/** The intent of a request; one whose prompt has parts in R2 is measured in its own time. A log that no prompt can be made of ends the turn. */
function requestOrMeasure(t: ThreadBatch, context: ThreadContext): Next {
  try {
    const measured = context.prompt.measure(t);
    if (measured === null) return () => measureRequest(context);
    openRequest(t, measured);
    return "decide";
  } catch (error) {
    if (!(error instanceof Corrupted)) throw error;
    endTurnWithError(t, "unknown_error", error.message);
    return "rest";
  }
}
