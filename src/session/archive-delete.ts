import { flushInbox } from "../brain/rows.ts";
import type { Batch } from "../log/batch.ts";
import type { Log } from "../log/log.ts";
import { putEntry } from "../log/outbox.ts";
import { eventText, PRIMARY } from "../log/rows.ts";
import { sessionStatus } from "../log/state.ts";
import { ApiError, invalid } from "../protocol/errors.ts";
import type { SessionInit } from "./rpc.ts";
import type { Sockets } from "./sockets/sockets.ts";

/** How soon a removal that was cut off is taken up again. */
const REMOVE_AGAIN_MS = 5_000;

/** What ends a session: its log, its readers, and the only way to write. */
export interface Ending {
  log: Log<SessionInit>;
  sockets: Sockets;
  commit(batch: Batch): void;
  /** Microseconds since 1970. */
  now: number;
}

/**
 * Queued input is moved into the log first (@inferred); the list gains no status event, live readers get one (spec/core.md §4.6, §4.9). Twice is
 * fine.
 */
export function archive({ log, sockets, commit, now }: Ending): void {
  mustRest(log, "archive");
  if (log.state.archivedAt !== null) return;
  const b = log.begin(now);
  for (const { thread } of b.state.threads) flushInbox(b.on(thread));
  const row = b.addInternal("x.archived", {});
  b.outbox = putEntry(b.outbox, { kind: "index" }, Math.floor(now / 1000));
  commit(b);
  sockets.announce(PRIMARY, eventText({ ...row, type: "session.status_terminated" }));
}

/** From this commit on the session answers 404; an alarm takes up the rest if it is cut off (shared design §8). Twice is fine. */
export function beginRemoval({ log, sockets, commit, now }: Ending): void {
  if (log.state.deleting) return;
  mustRest(log, "delete");
  const b = log.begin(now);
  const row = b.addInternal("x.deleting", {});
  b.timers = {};
  b.outbox = putEntry([], { kind: "remove" }, Math.floor(now / 1000) + REMOVE_AGAIN_MS);
  commit(b);
  sockets.deleted(eventText({ ...row, type: "session.deleted" }));
}

function mustRest(log: Log<SessionInit>, verb: string): void {
  const status = sessionStatus(log.state);
  if (status !== "running" && status !== "rescheduling") return;
  const message = `the session is ${status}: send user.interrupt by itself and wait for it to be idle, then ${verb} it`;
  throw new ApiError(invalid(message));
}
