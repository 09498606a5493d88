/** Errors on their way out: the envelope of spec/core.md §1.4, the headers of §1.2. */
import { storageFailure } from "../log/refused.ts";
import { ApiError, invalid, notFound, type Outcome, type WireError } from "../protocol/errors.ts";
import type { Unsupported } from "../protocol/unsupported.ts";
import { framesOf } from "../session/report.ts";
import type { AppContext } from "./context.ts";
import { failureOf } from "./failure.ts";
import { idsOf } from "./middleware/request-log.ts";

/** The value of an object's outcome, or its error thrown for `onError`. */
export function unwrap<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new ApiError(outcome.error);
  return outcome.value;
}

/** The code selects a class of the SDK's; only environments have one (spec/core.md §1.4). */
export function missing(what: string, id: string): ApiError {
  const code = what === "environment" ? "environment_not_found" : undefined;
  return new ApiError(notFound(`${what} ${id.slice(0, 80)} was not found`, code));
}

/** Valid on the wire but not there yet: a 400 that names it. */
export function supported(found: Unsupported | null): void {
  if (found) throw new ApiError(invalid(found.message));
}

/** What no retry mends: 401, 409 and unknown paths must not be tried again by the SDK. */
export function errorResponse(c: AppContext, error: WireError): Response {
  if (error.noRetry || error.status === 401 || error.status === 409) c.header("x-should-retry", "false");
  if (error.retryAfter !== undefined) c.header("retry-after", String(error.retryAfter));
  return c.json(envelopeOf(c.var.requestId, error), error.status as 400);
}

/** The envelope of an answer, and of the frame that breaks off a stream (spec/core.md §1.9). */
export function envelopeOf(requestId: string, error: WireError) {
  const details = error.code === undefined ? {} : { details: { error_code: error.code } };
  return {
    type: "error",
    // A quotation may have been cut inside a character.
    error: { type: error.type, message: error.message.toWellFormed(), ...details },
    request_id: requestId,
  };
}

/**
 * The one place where a throw becomes a response. What we did not throw ourselves is logged as one line, without its message: the
 * message may quote what a client sent.
 */
export function onError(error: Error, c: AppContext): Response {
  if (error instanceof ApiError) return errorResponse(c, error.wire);
  console.error(
    JSON.stringify({
      level: "error",
      event: "error",
      ...idsOf(c),
      method: c.req.method,
      route: c.req.routePath,
      error: error.name,
      storage: storageFailure(error) ?? undefined,
      stack: framesOf(error),
    }),
  );
  return errorResponse(c, failureOf(error));
}
