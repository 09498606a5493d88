/** Answers of `/x` and of the service itself that belong to no resource of the wire. */
import { z } from "zod";
import { Timestamp } from "./fields.ts";
import { Budget, MonetaryAmount } from "./usage.ts";

/** `GET /x/sessions/{id}/health`: what an operator asks of a session that looks stuck. */
export const SessionHealth = z.object({
  /** The epoch that the next commit is written under. */
  epoch: z.int(),
  /** Boots that found the session running: in this turn, in a row without progress, and when the last one was. */
  boots: z.object({ in_turn: z.int(), streak: z.int(), last: Timestamp.nullable() }),
  status: z.string(),
  open_calls: z.array(
    z.object({ id: z.string(), name: z.string(), waits_for: z.enum(["client", "sandbox"]), dispatched: z.boolean() }),
  ),
  open_request: z.object({ id: z.string(), attempt: z.int(), epoch: z.int() }).nullable(),
  /** When each named timer is due (log/batch.ts, `TimerName`). */
  timers: z.record(z.string(), Timestamp),
  /** Accepted events that no model request has read. */
  inbox: z.int(),
  /** How long the catalog, or the removal of what lies outside the object, is overdue. */
  outbox_lag_seconds: z.number(),
  /** The cap, and what counts towards it: to the cent as the wire shows it, and exactly in US dollars. Null once a model without a price was used. */
  budget: Budget.nullable(),
  spent: z.object({ list_cost: MonetaryAmount, exact_usd: z.string() }).nullable(),
  last_error: z.object({ type: z.string(), message: z.string(), retry_status: z.string(), at: Timestamp }).nullable(),
});
export type SessionHealth = z.infer<typeof SessionHealth>;

/** `PUT /x/sessions/{id}/files/{path}`. */
export const FilePlaced = z.object({ path: z.string(), size_bytes: z.int() });
export type FilePlaced = z.infer<typeof FilePlaced>;

/** `GET /healthz`. */
export const Healthy = z.object({ ok: z.literal(true) });
export type Healthy = z.infer<typeof Healthy>;
