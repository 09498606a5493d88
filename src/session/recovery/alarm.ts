import { type Log, OVERDUE_MS } from "../../log/log.ts";
import { report } from "../report.ts";
import type { SessionInit } from "../rpc.ts";

/** How soon the alarm of a session that this build cannot read goes off again: by then another build may be there. */
const UNREADABLE_MS = 60_000;

/** How long an instance that could not boot answers with its error before the next one may try. */
const OPEN_AGAIN_MS = 1_000;

type Alarm = Pick<DurableObjectStorage, "getAlarm" | "setAlarm">;

/**
 * An alarm can be lost, or left late by an instance that could not read the session: every boot and every request sets it again if a timer waits
 * for it (reliability.md C17).
 */
export function keepAlarm(storage: Alarm, log: Log<SessionInit>): void {
  const kept = async () => {
    if (log.due === null) return;
    const set = await storage.getAlarm();
    const [next, now] = [log.due, Date.now()];
    // One that is due is not put off by those who look after it.
    if (next !== null && (set === null || set > Math.max(next, now + OVERDUE_MS))) log.rearm(now);
  };
  kept().catch((error) => report(log.init?.id ?? "", error));
}

/** The alarm of a session that could not be opened: nothing is done but not forgetting it. The boot may have set one that is sooner (reliability.md C23). */
export async function alarmAgain(storage: Alarm): Promise<void> {
  if ((await storage.getAlarm()) === null) await storage.setAlarm(Date.now() + UNREADABLE_MS);
}

/** Of what is not in the rows, as a storage that refused a write of the boot, a new instance may get the better (reliability.md C32). */
export function openAgain(ctx: Pick<DurableObjectState, "abort">): void {
  setTimeout(() => ctx.abort("a session that could not be opened is opened again"), OPEN_AGAIN_MS);
}
