import type { Log } from "../log/log.ts";
import { ApiError, type WireError } from "../protocol/errors.ts";
import type { Accepted } from "./intake.ts";
import type { Draft, SessionInit } from "./rpc.ts";

/**
 * Writes the session and takes its first events, all of it in one commit: of a create that is refused (`ApiError`) or that the storage refuses,
 * nothing is left, so that a repeat of it finds no session without its events. Throws.
 */
export function begin(
  log: Log<SessionInit>,
  init: SessionInit,
  events: readonly Draft[],
  take: () => Accepted[] | WireError,
): void {
  try {
    log.sql.transaction(() => {
      log.create(init);
      const taken = events.length > 0 ? take() : [];
      if (!Array.isArray(taken)) throw new ApiError(taken);
    });
  } catch (error) {
    log.forget();
    throw error;
  }
}
