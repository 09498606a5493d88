import { TooNew } from "../log/log.ts";
import { Corrupted } from "../log/rows.ts";
import { type SessionState, sessionStatus } from "../log/state.ts";
import { ApiError, conflict, notFound, type WireError } from "../protocol/errors.ts";
import { report } from "./report.ts";

/** The session alone is closed, with a sentence that says what would open it (reliability.md C23). What is not in its rows may pass. */
export function unreadable(error: unknown): WireError {
  const closed = { status: 500, type: "api_error" } as const;
  if (error instanceof TooNew) {
    const message = "this session was written by a newer version of Sinew; deploy that version again to go on with it";
    return { ...closed, message, noRetry: true };
  }
  if (error instanceof Corrupted) {
    const message =
      "a part of this session's log cannot be read, so nothing of it runs; GET /x/sessions/{id}/health says which part; " +
      "a version of Sinew that can read it opens the session again, and until then it can only be deleted";
    return { ...closed, message, noRetry: true };
  }
  return {
    ...closed,
    message: "the session could not be opened; that is tried again at once, so try again in a moment",
  };
}

/** What another workspace's session, a deleted one and one that never was are answered with. */
export function missingOutcome(): { ok: false; error: WireError } {
  return { ok: false, error: notFound("there is no such session") };
}

/** What a request is answered that ran into this: a refusal, or a row that cannot be read. Anything else is thrown on. */
export function failureOutcome(error: unknown, id: string): { ok: false; error: WireError } {
  if (error instanceof ApiError) return { ok: false, error: error.wire };
  if (!(error instanceof Corrupted)) throw error;
  report(id, error);
  // The session is open, so nothing is to be said of what would open it.
  return { ok: false, error: { ...unreadable(error), message: error.message } };
}

/** A session that is over takes no events (spec/core.md §4.3). Throws. */
export function mustTakeEvents(state: SessionState): void {
  if (sessionStatus(state) !== "terminated") return;
  const how = state.archivedAt === null ? "has terminated" : "is archived";
  throw new ApiError(conflict(`the session ${how} and takes no more events; create a new session`));
}
