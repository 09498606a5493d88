import { closeRequest, endTurn, estimateUnseen, type Setting } from "../brain/advance.ts";
import { type EndReason, MAX_BOOT_STREAK } from "../brain/decide.ts";
import { pauseMs } from "../log/boots.ts";
import type { Log } from "../log/log.ts";
import { Corrupted, INTERNAL } from "../log/rows.ts";
import { skim } from "../log/skim.ts";
import { keepingSnapshot } from "../log/snapshot.ts";
import type { Status } from "../log/state.ts";
import { reportRecovery } from "./recovery.ts";
import type { SessionInit } from "./rpc.ts";

type Storage = Pick<DurableObjectStorage, "sync" | "setAlarm">;
type Ending = Omit<Setting, "live" | "measure">;

/**
 * Reads the log into memory. In a turn that was cut off, what the boot wrote is made durable before anything else is read: an instance that
 * dies of what it reads takes with it what it wrote in the same stretch, and would never be counted. After too many boots in a row, or when a
 * row cannot be read, the turn is ended by point writes (reliability.md C32, C33); so is one that waits for its next attempt and cannot be read.
 * Throws `Corrupted` when the log cannot be read. False: there is no such session.
 */
export async function boot(log: Log<SessionInit>, storage: Storage, setting: () => Ending): Promise<boolean> {
  const nowMs = Date.now();
  const found = log.open(nowMs);
  if (found === null) return false;
  if (found === "running") {
    // Whoever comes after an instance that dies here is called by this alarm.
    void storage.setAlarm(nowMs + pauseMs(log.boots));
    await storage.sync();
  }
  const tooOften = found === "running" && log.boots.streak > MAX_BOOT_STREAK;
  const unfinished = found === "running" || found === "rescheduling";
  if (tooOften || !readable(log)) {
    if (unfinished) seal(log, setting(), nowMs * 1000, tooOften ? "boots" : "damaged");
    await storage.sync();
    hydrate(log, unfinished ? "idle" : found);
  }
  if (found === "running") log.rearm(nowMs);
  return true;
}

/** A log that cannot be read leaves in memory what there is to be said of the session, for the catalog and for a removal. */
function hydrate(log: Log<SessionInit>, status: Status): void {
  try {
    log.hydrate();
  } catch (error) {
    if (error instanceof Corrupted) {
      const { state, inbox } = skim(log.sql, log.init ?? {});
      log.state = { ...state, status };
      log.inbox = inbox;
    }
    throw error;
  }
}

/** Any other failure may pass: what does not is counted, boot by boot. */
function readable(log: Log<SessionInit>): boolean {
  try {
    log.hydrate();
    return true;
  } catch (error) {
    if (error instanceof Corrupted) return false;
    throw error;
  }
}

/** Ends the turn without looking at it: what is open is settled, an error says why, the next message starts anew. */
function seal(log: Log<SessionInit>, setting: Ending, now: number, why: EndReason): void {
  keepingSnapshot(log.sql, () => {
    const { state, inbox } = skim(log.sql, log.init ?? {});
    log.state = state;
    log.inbox = inbox;
    reportRecovery(log, "seal");
    const b = log.begin(now);
    b.add("x.sealed", { thread: INTERNAL, body: { boots: log.boots.streak } });
    closeRequest(b, setting, b.state.request ? estimateUnseen(b) : null);
    endTurn(b, setting, why);
    log.commit(b);
  });
}
