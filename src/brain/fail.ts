import type { Batch } from "../log/batch.ts";
import { closeRequest, estimateUnseen, exhaust, type Setting } from "./advance.ts";
import { MAX_ATTEMPTS } from "./decide.ts";
import { type ErrorType, flushInbox, rescheduledPair, sessionError, terminated } from "./groups.ts";
import type { FailureKind, ModelFailure } from "./model.ts";
import { RETRY_MAX_MS } from "./ports.ts";
import type { ResponseFold } from "./response.ts";

/** The longest `retry-after` that is waited for: a provider that asks for more ends the turn, since asking sooner would be refused again. */
export const MAX_ASKED_WAIT_MS = 3_600_000;

/** `retry`: again after a back-off. `end`: the turn is over. `terminate`: so is the session. `repair`: again at once, with `drop_block`. */
const TREATMENT: Record<FailureKind, { what: "retry" | "end" | "terminate" | "repair"; error: ErrorType }> = {
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
export function failed(b: Batch, setting: Setting, failure: ModelFailure, fold: ResponseFold, baseMs: number): void {
  const { what, error } = TREATMENT[failure.kind];
  const repair = what === "repair" && !b.state.dropBlock;
  // A request that the provider refused was not charged; any other may have been.
  closeRequest(
    b,
    setting,
    failure.refused || failure.kind === "not_configured" ? null : (fold.estimate() ?? estimateUnseen(b)),
    repair,
  );
  if (repair) return;
  if (what === "terminate") {
    // Before the error, which has to stand right before the status that it explains (spec/core.md §4.1).
    flushInbox(b);
    sessionError(b, error, failure.message, "terminal");
    terminated(b);
    return;
  }
  const failures = b.state.turn?.failures ?? 0;
  if (what !== "retry" || failures >= MAX_ATTEMPTS) {
    exhaust(b, setting, error, failure.message);
    return;
  }
  const asked = failure.retryAfterMs ?? 0;
  if (asked > MAX_ASKED_WAIT_MS) {
    const wait = `The provider asks to wait ${Math.ceil(asked / 60_000)} minutes, and a turn waits for an hour at most`;
    exhaust(b, setting, error, `${failure.message} ${wait}: send a message to try again.`);
    return;
  }
  sessionError(b, error, failure.message, "retrying");
  // Doubling from the base, never sooner than the provider asks.
  const wait = Math.max(Math.min(RETRY_MAX_MS, baseMs * 2 ** (failures - 1)), asked);
  rescheduledPair(b, setting.who, Math.floor(b.now / 1000) + wait);
}
