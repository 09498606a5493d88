/** Answers of `/x` and of the service itself that belong to no resource of the wire. */
import { z } from "zod";
import { Timestamp } from "./fields.ts";
import { Budget, MonetaryAmount } from "./usage.ts";

/** Boots that found the session running: in this turn, in a row without progress, and when the last one was. */
const Boots = z.object({ in_turn: z.int(), streak: z.int(), last: Timestamp.nullable() });
const LastError = z.object({ type: z.string(), message: z.string(), retry_status: z.string(), at: Timestamp });
/** When each named timer is due (log/batch.ts, `TimerName`). */
const Due = z.record(z.string(), Timestamp);

/** Of a session that this version has opened. */
export const OpenHealth = z.object({
  closed: z.null(),
  /** The epoch that the next commit is written under. */
  epoch: z.int(),
  boots: Boots,
  status: z.string(),
  open_calls: z.array(
    z.object({ id: z.string(), name: z.string(), waits_for: z.enum(["client", "sandbox"]), dispatched: z.boolean() }),
  ),
  open_request: z.object({ id: z.string(), attempt: z.int(), epoch: z.int() }).nullable(),
  timers: Due,
  /** Accepted events that no model request has read. */
  inbox: z.int(),
  /** How long the catalog, or the removal of what lies outside the object, is overdue. */
  outbox_lag_seconds: z.number(),
  /** The cap, and what counts towards it: to the cent as the wire shows it, and exactly in US dollars. Null once a model without a price was used. */
  budget: Budget.nullable(),
  spent: z.object({ list_cost: MonetaryAmount, exact_usd: z.string() }).nullable(),
  last_error: LastError.nullable(),
});
export type OpenHealth = z.infer<typeof OpenHealth>;

const ClosedReason = z.enum(["newer_build", "damaged_log", "not_opened"]);
export type ClosedReason = z.infer<typeof ClosedReason>;

/** Of a session that could not be opened: everything else that it is asked is refused. What cannot be read of it is null. */
export const ClosedHealth = z.object({
  closed: z.object({
    reason: ClosedReason,
    /** When this instance of the Worker found it so; the last event tells since when at the earliest. */
    since: Timestamp,
    /** What it failed on, without content. */
    error: z.string(),
    /** What opens it. */
    opens: z.string(),
  }),
  /** When it is tried again by itself; null: with the next request. */
  alarm: Timestamp.nullable(),
  last_event_at: Timestamp.nullable(),
  epoch: z.int().nullable(),
  boots: Boots.nullable(),
  status: z.string().nullable(),
  timers: Due.nullable(),
  last_error: LastError.nullable(),
});
export type ClosedHealth = z.infer<typeof ClosedHealth>;

/** `GET /x/sessions/{id}/health`: what an operator asks of a session that looks stuck. */
export const SessionHealth = z.union([OpenHealth, ClosedHealth]);
export type SessionHealth = z.infer<typeof SessionHealth>;

/** `PUT /x/sessions/{id}/files/{path}`. */
export const FilePlaced = z.object({ path: z.string(), size_bytes: z.int() });
export type FilePlaced = z.infer<typeof FilePlaced>;

/** `GET /healthz`. */
export const Healthy = z.object({ ok: z.literal(true) });
export type Healthy = z.infer<typeof Healthy>;
