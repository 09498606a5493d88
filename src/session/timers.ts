import { WATCHDOG_MS } from "../brain/rows.ts";
import type { Batch, TimerName } from "../log/batch.ts";
import type { Log } from "../log/log.ts";

/** Before the catalog is told again after it failed, and after something was committed meanwhile. */
const INDEX_RETRY_MS = 5_000;
const INDEX_AGAIN_MS = 1_000;
const REMOVE_RETRY_MS = 60_000;

/** Which named timers are due (shared design §4). */
function dueTimers(timers: Partial<Record<TimerName, number>>, nowMs: number): TimerName[] {
  return (Object.keys(timers) as TimerName[]).filter((name) => (timers[name] ?? Infinity) <= nowMs);
}

/**
 * The timers after an alarm: the watchdog is due again whenever the session runs, the index only if its push failed or was overtaken. A retry's
 * timer goes when the retry is taken.
 */
function rearmed(b: Batch, nowMs: number, index: "done" | "failed" | "overtaken" | "not due"): void {
  if (b.state.threads.some((thread) => thread.status === "running")) b.timers.turn = nowMs + WATCHDOG_MS;
  else delete b.timers.turn;
  if (!b.state.threads.some((thread) => thread.status === "rescheduling")) delete b.timers.retry;
  if (index === "done") delete b.timers.index;
  else if (index !== "not due") b.timers.index = nowMs + (index === "failed" ? INDEX_RETRY_MS : INDEX_AGAIN_MS);
}

/** What an alarm does beside waking the session: the catalog hears of it if that is due, and the timers are set anew. */
export async function upkeep(
  log: Pick<Log, "timers" | "prune" | "begin" | "commit">,
  push: () => Promise<"done" | "failed" | "overtaken">,
): Promise<void> {
  const due = dueTimers(log.timers, Date.now()).includes("index");
  const index = due ? await push() : "not due";
  if (due) log.prune(Date.now());
  const b = log.begin(Date.now() * 1000);
  rearmed(b, Date.now(), index);
  log.commit(b);
}

/** A deletion that finds the catalog or the bucket failing is tried again, and nothing else is. */
export function removeLater(log: Pick<Log, "begin" | "commit">): void {
  const now = Date.now();
  const b = log.begin(now * 1000);
  b.timers = { remove: now + REMOVE_RETRY_MS };
  log.commit(b);
}
