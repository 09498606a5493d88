/** What a client is told of an error that nobody foresaw: what it can do, and nothing of the inside. All of these are tried again by the SDKs. */
import { storageFailure } from "../log/refused.ts";
import type { WireError } from "../protocol/errors.ts";

const FULL = "SQLITE_FULL";
/** All that the runtime says of an object that it cannot start, as one whose database is damaged. */
const UNTOLD = /^internal error; reference = /;

const AGAIN = "with the same Idempotency-Key where it had one";

/** Whether a request that ended so was stored is not known: an error may come after the write. */
export function failureOf(error: Error): WireError {
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
