import { WATCHDOG_MS } from "../brain/rows.ts";
import type { Batch } from "../log/batch.ts";
import type { Log } from "../log/log.ts";
import type { Outbox } from "./outbox.ts";

/** The timers after an alarm: the watchdog is due again whenever the session runs. A retry's timer goes when the retry is taken. */
function rearmed(b: Batch, nowMs: number): void {
  if (b.state.threads.some((thread) => thread.status === "running")) b.timers.turn = nowMs + WATCHDOG_MS;
  else delete b.timers.turn;
  if (!b.state.threads.some((thread) => thread.status === "rescheduling")) delete b.timers.retry;
}

/**
 * What an alarm does beside waking the session: the timers are set anew, and what is due of the outbox sets out. Nothing is waited for: while a handler
 * runs no other alarm fires, so no retry of a model and no watchdog.
 */
export function upkeep(log: Pick<Log, "prune" | "begin" | "commit" | "state">, outbox: Outbox): void {
  const now = Date.now();
  const b = log.begin(now * 1000);
  if (!log.state.deleting) rearmed(b, now);
  const claimed = outbox.claim(b, now);
  log.commit(b);
  if (claimed.length > 0) log.prune(now);
  for (const entry of claimed) void outbox.deliver(entry).catch(() => {});
}
