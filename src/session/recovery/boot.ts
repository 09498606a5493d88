import { type EndReason, MAX_BOOT_STREAK } from "../../brain/decide.ts";
import { closeRequest, endTurn, estimateUnseen } from "../../brain/end-turn.ts";
import type { ThreadSetup } from "../../brain/thread.ts";
import { pauseMs } from "../../log/crash-loop.ts";
import type { Log } from "../../log/log.ts";
import { repairedState } from "../../log/repair.ts";
import { Corrupted } from "../../log/rows.ts";
import { keepingSnapshot } from "../../log/snapshot.ts";
import type { Status } from "../../log/state.ts";
import type { SessionInit } from "../rpc.ts";
import { reportRecovery } from "./report.ts";

type Storage = Pick<DurableObjectStorage, "sync" | "setAlarm">;
/** What the requests of a thread that cannot be read are charged at. */
type PriceOf = (thread: number) => ThreadSetup["price"];

/**
 * Reads the log into memory. In a turn that was cut off, what the boot wrote is made durable before anything else is read: an instance that
 * dies of what it reads takes with it what it wrote in the same stretch, and would never be counted. After too many boots in a row, or when a
 * row cannot be read, the turn is ended by point writes (reliability.md C32, C33); so is one that waits for its next attempt and cannot be read.
 * Throws `Corrupted` when the log cannot be read. False: there is no such session.
 */
export async function boot(log: Log<SessionInit>, storage: Storage, price: PriceOf): Promise<boolean> {
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
    if (unfinished) seal(log, price, nowMs * 1000, tooOften ? "boots" : "damaged");
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
      const { state, inbox } = repairedState(log.sql, log.init ?? {});
      const threads = state.threads.map((one) => ({ ...one, status }));
      // Nothing of it runs any more, whatever row should have said so.
      log.state = { ...state, threads, runningSince: null };
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
function seal(log: Log<SessionInit>, price: PriceOf, now: number, why: EndReason): void {
  keepingSnapshot(log.sql, () => {
    const { state, inbox } = repairedState(log.sql, log.init ?? {});
    log.state = state;
    log.inbox = inbox;
    reportRecovery(log, "seal");
    const b = log.begin(now);
    b.addInternal("x.sealed", { boots: log.boots.streak });
    for (const { thread, status } of state.threads) {
      if (status === "idle" || status === "terminated") continue;
      const t = b.on(thread);
      closeRequest(t, price(thread), t.state.request ? estimateUnseen(t) : null);
      endTurn(t, why);
    }
    log.commit(b);
  });
}
