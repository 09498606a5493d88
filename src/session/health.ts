import { spent } from "../brain/money/budget.ts";
import { inDollars, listCost } from "../brain/money/prices.ts";
import type { Log } from "../log/log.ts";
import type { OutboxEntry } from "../log/outbox.ts";
import { lastOfType } from "../log/read.ts";
import { PRIMARY, stamp } from "../log/rows.ts";
import type { Sql } from "../log/sql.ts";
import { isUnanswered, openCalls, sessionStatus } from "../log/state.ts";
import type { OpenHealth } from "../protocol/health.ts";
import { tried } from "./recovery/unavailable.ts";
import type { SessionInit } from "./rpc.ts";

/** How far back the newest error is looked for. */
const ERROR_ROWS = 5_000;

/** What an operator asks of a session that looks stuck: facts of the log and this instance, no content. `nowMs` since 1970. */
export function sessionHealth(log: Log<SessionInit>, nowMs: number): OpenHealth {
  const { state, timers, outbox, boots } = log;
  const cost = spent(state, nowMs * 1000);
  // One a thread: of more than one the first thread's is told.
  const request = state.threads.find((thread) => thread.request)?.request ?? null;
  return {
    closed: null,
    epoch: log.epoch,
    boots: { in_turn: boots.inTurn, streak: boots.streak, last: boots.last === 0 ? null : stamp(boots.last * 1000) },
    status: sessionStatus(state),
    open_calls: state.threads.flatMap(openCalls).map((call) => ({
      id: call.id,
      name: call.name,
      waits_for: call.order === "parked" || isUnanswered(call) ? "client" : "sandbox",
      dispatched: call.dispatched,
    })),
    open_request: request && { id: request.id, attempt: request.attempt, epoch: request.epoch },
    timers: Object.fromEntries(
      [...Object.entries(timers), ...dueKinds(outbox)].map(([name, due]) => [name, stamp(due * 1000)]),
    ),
    inbox: log.inbox.length,
    outbox_lag_seconds: Math.max(0, ...outbox.map(({ since }) => nowMs - since)) / 1000,
    budget: state.budget,
    spent: cost === null ? null : { list_cost: listCost(cost), exact_usd: inDollars(cost) },
    last_error: lastError(log.sql, state.seq),
  };
}

/** When the first of each kind is tried next. */
export function dueKinds(outbox: readonly OutboxEntry[]): [string, number][] {
  return outbox.toSorted((a, b) => b.due - a.due).map(({ kind, due }) => [kind, due]);
}

/** The newest `session.error` among the rows up to `seq`, the last one; its text is ours or the provider's, and public on the list. */
export function lastError(sql: Sql, seq: number): OpenHealth["last_error"] {
  const row = lastOfType(sql, PRIMARY, "session.error", Math.max(0, seq - ERROR_ROWS));
  if (!row) return null;
  const at = stamp(row.ts);
  const told = tried(() => {
    const { error } = JSON.parse(row.body) as {
      error: { type: string; message: string; retry_status: { type: string } };
    };
    return { type: error.type, message: error.message, retry_status: error.retry_status.type };
  });
  // Of all answers this one must not fail over a damaged row.
  return { ...(told ?? { type: row.type, message: "it cannot be read", retry_status: "unknown" }), at };
}
