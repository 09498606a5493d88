import type { ThreadBatch } from "../../log/batch.ts";
import { MAX_ATTEMPTS } from "../decide.ts";
import { closeRequest, endTurnWithError, estimateUnseen } from "../end-turn.ts";
import type { FailureKind, ModelFailure } from "../model.ts";
import { flushInbox, rescheduledPair, type SessionErrorType, sessionError, terminatedRow } from "../rows.ts";
import { RETRY_MAX_MS, type ThreadContext } from "../thread.ts";
import type { ResponseFold } from "./fold.ts";

/** The longest `retry-after` that is waited for: a provider that asks for more ends the turn, since asking sooner would be refused again. */
export const MAX_ASKED_WAIT_MS = 3_600_000;

/** `retry`: again after a back-off. `end`: the turn is over. `terminate`: so is the session. `repair`: again at once, with `drop_block`. */
const TREATMENT: Record<FailureKind, { what: "retry" | "end" | "terminate" | "repair"; error: SessionErrorType }> = {
  overloaded: { what: "retry", error: "model_overloaded_error" },
  rate_limited: { what: "retry", error: "model_rate_limited_error" },
  server: { what: "retry", error: "model_request_failed_error" },
  network: { what: "retry", error: "model_request_failed_error" },
  cut: { what: "retry", error: "model_request_failed_error" },
  stall: { what: "retry", error: "model_request_failed_error" },
  timeout: { what: "retry", error: "model_request_failed_error" },
  aborted: { what: "retry", error: "model_request_failed_error" },
  billing: { what: "end", error: "billing_error" },
  auth: { what: "end", error: "model_request_failed_error" },
  not_configured: { what: "end", error: "model_request_failed_error" },
  invalid: { what: "end", error: "model_request_failed_error" },
  prefix: { what: "repair", error: "model_request_failed_error" },
  context: { what: "terminate", error: "unknown_error" },
};

/**
 * What a failed request leaves in the log: the end of its span, an error with what the client should do, and a wait, an idle or the end of the
 * session (spec/core.md §4.6, §4.8; reliability.md C34). No text is ever added to the prompt.
 */
export function writeFailure(
  t: ThreadBatch,
  { price, retryBaseMs }: Pick<ThreadContext, "price" | "retryBaseMs">,
  failure: ModelFailure,
  fold: ResponseFold,
): void {
  const { what, error } = TREATMENT[failure.kind];
  const repair = what === "repair" && !t.state.dropBlock;
  // A request that the provider refused was not charged; any other may have been.
  const free = failure.refused || failure.kind === "not_configured";
  closeRequest(t, price, free ? null : (fold.estimate() ?? estimateUnseen(t)), repair);
  if (repair) return;
  if (what === "terminate") {
    // Before the error, which has to stand right before the status that it explains (spec/core.md §4.1).
    flushInbox(t);
    sessionError(t, error, failure.message, "terminal");
    terminatedRow(t);
    return;
  }
  const failures = t.state.turn?.failures ?? 0;
  if (what !== "retry" || failures >= MAX_ATTEMPTS) {
    endTurnWithError(t, error, failure.message);
    return;
  }
  const asked = failure.retryAfterMs ?? 0;
  if (asked > MAX_ASKED_WAIT_MS) {
    const wait = `The provider asks to wait ${Math.ceil(asked / 60_000)} minutes, and a turn waits for an hour at most`;
    endTurnWithError(t, error, `${failure.message} ${wait}: send a message to try again.`);
    return;
  }
  sessionError(t, error, failure.message, "retrying");
  // Doubling from the base, never sooner than the provider asks.
  const wait = Math.max(Math.min(RETRY_MAX_MS, retryBaseMs * 2 ** (failures - 1)), asked);
  rescheduledPair(t, Math.floor(t.batch.now / 1000) + wait);
}
