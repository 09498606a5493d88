import type { ThreadBatch } from "../../log/batch.ts";
import { Corrupted } from "../../log/rows.ts";
import { endTurnWithError } from "../end-turn.ts";
import type { Measured } from "../prompt/hash.ts";
import { begin, type Closing, type ThreadContext } from "../thread.ts";

/** W2: the intent of a model request. A retry must send what the failed attempt sent; that it does not is written down. */
export function openRequest(t: ThreadBatch, measured: Measured): void {
  const turn = t.state.turn;
  if (turn?.failedSha && turn.failedSha !== measured.sha)
    t.batch.addInternal("x.prefix_changed", { reason: "bytes", before: turn.failedSha, after: measured.sha });
  t.add("span.model_request_start", { note: { attempt: (turn?.failures ?? 0) + 1, ...measured } });
}

/** Measures a request whose prompt has parts in R2. What was accepted while they were read makes the measure stale: the loop asks again. */
export async function measureRequest(context: ThreadContext): Promise<Closing | null> {
  const before = begin(context);
  try {
    const measured = await context.prompt.measureRemote(before);
    return measured && ((t) => (t.batch.version === before.batch.version ? openRequest(t, measured) : undefined));
  } catch (error) {
    if (!(error instanceof Corrupted)) throw error;
    // Asking again would find the same: the turn ends and says why.
    return (t) => endTurnWithError(t, "unknown_error", error.message);
  }
}
