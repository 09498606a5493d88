import { due, type Log } from "../log/log.ts";
import { report } from "./report.ts";
import type { SessionInit } from "./rpc.ts";

/** How soon the alarm of a session that this build cannot read goes off again: by then another build may be there. */
const UNREADABLE_MS = 60_000;

type Alarm = Pick<DurableObjectStorage, "getAlarm" | "setAlarm">;

/** An alarm can be lost: every boot and every request sets it again if a timer waits for it (reliability.md C17). */
export function keepAlarm(storage: Alarm, log: Log<SessionInit>): void {
  const kept = async () => {
    if (due(log.timers) !== null && (await storage.getAlarm()) === null) log.rearm(Date.now());
  };
  kept().catch((error) => report(log.init?.id ?? "", error));
}

/** The alarm of a session that cannot be read: nothing is done but not forgetting it (reliability.md C23). */
export async function alarmAgain(storage: Alarm): Promise<void> {
  await storage.setAlarm(Date.now() + UNREADABLE_MS);
}
