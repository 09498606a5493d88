import { type OutboxEntry, readOutbox } from "../../log/outbox.ts";
import { metaRow, newestRow } from "../../log/repair.ts";
import { stamp } from "../../log/rows.ts";
import type { Sql, SqlRow } from "../../log/sql.ts";
import type { Outcome } from "../../protocol/errors.ts";
import type { ClosedHealth, ClosedReason } from "../../protocol/health.ts";
import { dueKinds, lastError } from "../health.ts";
import { type Closed, tried, unavailableOutcome } from "./unavailable.ts";

/** What opens it, in words for whoever runs the deployment. */
const OPENS: Record<ClosedReason, string> = {
  newer_build:
    "Deploy the newer version again: the session then opens by itself, at its alarm or the next request. Until then nothing is written to it.",
  damaged_log:
    "A version that can read the place opens it, at its alarm or the next request. Until then its rows are kept, nothing runs and nothing is spent; " +
    "its owner can delete it.",
  not_opened:
    "It is tried again at its alarm and with each request, by a new instance each time. SQLITE_FULL in `error` means that its storage is full; " +
    "anything else that stays for minutes is worth the stack in the Worker's log.",
};

/**
 * How a session stands that cannot be opened, from the few rows that say so by themselves; writes nothing (reliability.md C23). One whose owner
 * cannot be read is refused like everything else.
 */
export async function closedHealth(
  closed: Closed,
  asking: string,
  sql: Sql,
  storage: Pick<DurableObjectStorage, "getAlarm">,
): Promise<Outcome<ClosedHealth>> {
  if (closed.workspace !== asking) return unavailableOutcome(closed, asking);
  const alarm = await storage.getAlarm().catch(() => null);
  const newest = tried(() => newestRow(sql));
  const { reason, since, error } = closed;
  const value: ClosedHealth = {
    closed: { reason, since: stamp(since * 1000), error, opens: OPENS[reason] },
    alarm: alarm === null ? null : stamp(alarm * 1000),
    last_event_at: newest ? tried(() => stamp(Number(newest.ts))) : null,
    ...lastKnown(tried(() => metaRow(sql)) ?? {}, tried(() => readOutbox(sql)) ?? []),
    last_error: newest ? tried(() => lastError(sql, Number(newest.seq))) : null,
  };
  return { ok: true, value };
}

/** What the session's own row says; null where it does not. */
function lastKnown(
  meta: SqlRow,
  outbox: readonly OutboxEntry[],
): Pick<ClosedHealth, "epoch" | "boots" | "status" | "timers"> {
  const at = (ms: unknown) => stamp(Number(ms) * 1000);
  const timers = tried(() => Object.entries(JSON.parse(String(meta.timers)) as Record<string, number>));
  timers?.push(...dueKinds(outbox));
  return {
    epoch: typeof meta.epoch === "number" ? meta.epoch : null,
    boots: tried(() => ({
      in_turn: counted(meta.boots_in_turn),
      streak: counted(meta.boot_streak),
      last: meta.last_boot === 0 ? null : at(meta.last_boot),
    })),
    status: typeof meta.status === "string" ? meta.status : null,
    timers: timers && tried(() => Object.fromEntries(timers.map(([name, due]) => [name, at(due)]))),
  };
}

function counted(value: unknown): number {
  if (typeof value !== "number") throw new TypeError("not a number");
  return value;
}
