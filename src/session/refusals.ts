import { TooNew } from "../log/log.ts";
import { notFound, type WireError } from "../protocol/errors.ts";

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
