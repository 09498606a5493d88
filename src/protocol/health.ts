/** Answers of `/x` and of the service itself that belong to no resource of the wire. */
import { z } from "zod";
import { Timestamp } from "./fields.ts";
import { Budget, MonetaryAmount } from "./usage.ts";

/** `GET /x/sessions/{id}/health`: what an operator asks of a session that looks stuck. */
export const SessionHealth = z.object({
  epoch: z.int(),
  boots: z.object({ in_turn: z.int(), streak: z.int(), last: Timestamp.nullable() }),
  status: z.string(),
  open_calls: z.array(
    z.object({ id: z.string(), name: z.string(), waits_for: z.enum(["client", "sandbox"]), dispatched: z.boolean() }),
  ),
  open_request: z.object({ id: z.string(), attempt: z.int(), epoch: z.int() }).nullable(),
  timers: z.record(z.string(), Timestamp),
  inbox: z.int(),
  outbox_lag_seconds: z.number(),
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
