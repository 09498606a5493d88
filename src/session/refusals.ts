import { TooNew } from "../log/log.ts";
import type { State } from "../log/state.ts";
import { ApiError, conflict, notFound, type WireError } from "../protocol/errors.ts";

/** The session alone is closed, with a sentence that says what would open it (reliability.md C23). */
export function unreadable(error: unknown): WireError {
  const newer = error instanceof TooNew;
  const message = newer
    ? "this session was written by a newer version of Sinew; deploy that version again to go on with it"
    : "this session's log cannot be read; its other data is untouched, see the Worker's log";
  return { status: 500, type: "api_error", message, noRetry: true };
}

/** What another workspace's session, a deleted one and one that never was are answered with. */
export function missing(): { ok: false; error: WireError } {
  return { ok: false, error: notFound("there is no such session") };
}

/** A session that is over takes no events (spec/core.md §4.3). Throws. */
export function mustTakeEvents({ archivedAt, status }: Pick<State, "archivedAt" | "status">): void {
  if (archivedAt === null && status !== "terminated") return;
  const how = archivedAt === null ? "has terminated" : "is archived";
  throw new ApiError(conflict(`the session ${how} and takes no more events; create a new session`));
}
