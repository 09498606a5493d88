import { callKey, errorResult, HandRefused, type Result, UNKNOWN_TEXT } from "../../hands/hand.ts";
import { factsOf } from "../../hands/registry.ts";
import { Fenced } from "../../log/log.ts";
import { type CallState, openCalls } from "../../log/state.ts";
import { CUT_TEXT } from "../prompt/context.ts";
import type { Closing, ThreadContext } from "../thread.ts";

/**
 * Starts one dispatched call; its result is written when the loop waits for it. Resending after a crash is safe: the hand knows the key.
 */
export function startCall(context: ThreadContext, { id, seq, digest }: CallState): null {
  const { doing, hand, sessionId, log, now } = context;
  const { name, input } = context.inputOf(seq);
  const { hand: kind, deadlineMs } = factsOf(context.tools(), name);
  const keys = log.state.threads.flatMap(openCalls).map((call) => callKey(sessionId, call.id));
  let release = (): void => {};
  const released = new Promise<null>((resolve) => {
    release = () => resolve(null);
  });
  const running = hand
    .execute({
      key: callKey(sessionId, id),
      hand: kind,
      name,
      input,
      digest,
      epoch: log.epoch,
      deadline: now() / 1000 + deadlineMs,
      open: { at: log.state.seq, keys },
    })
    .catch(refusedOrUnknown);
  const own = { release, done: Promise.race([running, released]).then((outcome) => outcome && closing(id, outcome)) };
  // Also when the hand refuses this instance: a call that nobody waits for must not look like one that is under way.
  own.done.catch(() => doing.calls.delete(id));
  doing.calls.set(id, own);
  return null;

  function closing(callId: string, outcome: Result): Closing {
    return (t) => {
      if (doing.calls.get(callId) === own) doing.calls.delete(callId);
      if (!openCalls(t.state).some((call) => call.id === callId)) return;
      const body = { tool_use_id: callId, is_error: outcome.isError };
      t.add("agent.tool_result", { body, content: JSON.stringify(outcome.content) });
    };
  }
}

/** What the model is told of a call that is not run (spec/core.md §4.4). */
export function denyText(call: CallState): string {
  if (call.refused === "cut") return CUT_TEXT;
  if (call.refused === "unknown") return `There is no tool named ${call.name} in this session.`;
  return call.denyMessage ? `The user rejected this call: ${call.denyMessage}` : "The user rejected this call.";
}

/** A hand that has seen a newer epoch: this instance is no longer the session. Anything else leaves the outcome open. */
function refusedOrUnknown(error: unknown): Result {
  if (error instanceof HandRefused && error.reason === "stale_epoch") throw new Fenced();
  return errorResult(UNKNOWN_TEXT);
}
