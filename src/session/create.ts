import type { Log } from "../log/log.ts";
import type { Draft, SessionInit } from "./rpc.ts";

/**
 * Writes the session and takes its first events, all of it in one commit: of a create that is refused (`ApiError`) or that the storage refuses,
 * nothing is left, so that a repeat of it finds no session without its events. Throws.
 */
export function create(log: Log<SessionInit>, init: SessionInit, events: readonly Draft[], take: () => void): void {
  try {
    log.sql.transaction(() => {
      log.create(init);
      if (events.length > 0) take();
    });
  } catch (error) {
    log.forget();
    throw error;
  }
}
