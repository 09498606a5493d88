/** Errors on their way out: the envelope of spec/core.md §1.4, the headers of §1.2. */
import { storageFailure } from "../log/refused.ts";
import { ApiError, type WireError } from "../protocol/errors.ts";
import { framesOf } from "../session/report.ts";
import type { AppContext } from "./context.ts";
import { failureOf } from "./failure.ts";
import { idsOf } from "./requestlog.ts";

export { missing, unwrap } from "../protocol/errors.ts";

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

/** The one place where a throw becomes a response. */
export function onError(error: Error, c: AppContext): Response {
  return errorResponse(c, wireErrorOf(error, c));
}

/** What a throw is answered with. What we did not throw ourselves is logged as one line, without its message: the message may quote what a client sent. */
export function wireErrorOf(error: Error, c: AppContext): WireError {
  if (error instanceof ApiError) return error.wire;
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
  return failureOf(error);
}
