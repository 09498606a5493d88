import { closeRequest, endTurn, estimateUnseen, type Setting } from "../brain/advance.ts";
import { MAX_BOOT_STREAK } from "../brain/decide.ts";
import { pauseMs } from "../log/boots.ts";
import type { Log } from "../log/log.ts";
import { INTERNAL } from "../log/rows.ts";
import { skim } from "../log/skim.ts";
import { keepingSnapshot } from "../log/snapshot.ts";
import { reportRecovery } from "./recovery.ts";
import type { SessionInit } from "./rpc.ts";

type Storage = Pick<DurableObjectStorage, "sync" | "setAlarm">;

/**
 * Reads the log into memory. In a turn that was cut off, what the boot wrote is made durable before anything else is read: an instance that
 * dies of what it reads takes with it what it wrote in the same stretch, and would never be counted. After too many boots in a row, or when a
 * row cannot be read, the turn is ended by point writes (reliability.md C32, C33). False: there is no such session.
 */
export async function boot(
  log: Log<SessionInit>,
  storage: Storage,
  setting: () => Omit<Setting, "live" | "measure">,
): Promise<boolean> {
  const nowMs = Date.now();
  if (!log.open(nowMs)) return false;
  if (log.boots.last !== nowMs) {
    log.hydrate();
    return true;
  }
  // Whoever comes after an instance that dies here is called by this alarm.
  void storage.setAlarm(nowMs + pauseMs(log.boots));
  await storage.sync();
  if (log.boots.streak > MAX_BOOT_STREAK || !readable(log)) seal(log, setting(), nowMs * 1000);
  await storage.sync();
  log.hydrate();
  log.rearm(nowMs);
  return true;
}

function readable(log: Log<SessionInit>): boolean {
  try {
    log.hydrate();
    return true;
  } catch {
    return false;
  }
}

/** Ends the turn without looking at it: what is open is settled, an error says why, the next message starts anew. */
function seal(log: Log<SessionInit>, setting: Omit<Setting, "live" | "measure">, now: number): void {
  keepingSnapshot(log.sql, () => {
    const { state, inbox } = skim(log.sql, log.init ?? {});
    log.state = state;
    log.inbox = inbox;
    reportRecovery(log, "seal");
    const b = log.begin(now);
    b.add("x.sealed", { thread: INTERNAL, body: { boots: log.boots.streak } });
    closeRequest(b, setting, b.state.request ? estimateUnseen(b) : null);
    endTurn(b, setting, "boots");
    log.commit(b);
  });
}
