/** Errors on their way out: the envelope of spec/core.md §1.4, the headers of §1.2. */
import { storageFailure } from "../log/refused.ts";
import { ApiError, notFound, type WireError } from "../protocol/errors.ts";
import { framesOf } from "../session/report.ts";
import type { AppContext } from "./context.ts";
import { idsOf } from "./middleware/request-log.ts";

/** Characters of a request that a message repeats. */
const MAX_METHOD_CHARS = 20;
const MAX_PATH_CHARS = 120;

const FULL = "SQLITE_FULL";
/** All that the runtime says of an object that it cannot start, as one whose database is damaged. */
const UNTOLD = /^internal error; reference = /;

const AGAIN = "with the same Idempotency-Key where it had one";

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

/** Unknown paths and unsupported methods alike are a 404 that is not retried (spec/core.md §1.2, §1.4). */
export function noRoute(c: AppContext): Response {
  const message = `there is no ${c.req.method.slice(0, MAX_METHOD_CHARS)} ${c.req.path.slice(0, MAX_PATH_CHARS)}`;
  return errorResponse(c, { ...notFound(message), noRetry: true });
}

/** The one place where a throw becomes a response. */
export function onError(error: Error, c: AppContext): Response {
  return errorResponse(c, wireErrorOf(error, c));
}

/**
 * What is told of a throw. What we did not throw ourselves is logged as one line, without its message: the message may quote what a client
 * sent.
 */
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

/**
 * What a client is told of an error that nobody foresaw: what it can do, and nothing of the inside. All of these are tried again by the SDKs.
 * Whether a request that ended so was stored is not known: an error may come after the write.
 */
function failureOf(error: Error): WireError {
  if ("overloaded" in error && error.overloaded === true)
    return { status: 529, type: "overloaded_error", message: "the session is overloaded; try again later" };
  return { status: 500, type: "api_error", message: messageOf(error) };
}

function messageOf(error: Error): string {
  const failure = storageFailure(error);
  if (failure === FULL)
    return `the server's storage is full; try again, ${AGAIN}, when its operator has made room: the request id names it in the server's log`;
  const reset = "durableObjectReset" in error && error.durableObjectReset === true;
  if (failure !== null || reset || UNTOLD.test(error.message))
    return `the server's storage failed or was restarted; try again in a moment, ${AGAIN}. If that does not help, the request id names it in the server's log`;
  return "internal error; the request id names it in the server's log";
}
