/** What every action of an operator leaves behind beside its row of the audit. */

import { refetchStandings } from "../catalog/admission.ts";
import type { Actor } from "../catalog/operator.ts";
import { outageLine } from "../log/outage.ts";
import { type AppContext, nowMicros } from "./context.ts";

/** Makes the change, tells the log, and lets this isolate know at once. */
export async function done<T>(
  c: AppContext,
  action: string,
  target: string,
  change: (actor: Actor) => Promise<T>,
): Promise<T> {
  const actor = { operator: c.var.operator, at: nowMicros() };
  const outcome = await change(actor);
  await refetchStandings(c.env.DB).catch((error: unknown) => {
    const missed = outageLine("standing", error);
    if (missed) console.error(missed);
  });
  const line = {
    level: "info",
    event: "operator",
    request_id: c.var.requestId,
    operator: actor.operator,
    action,
    target,
  };
  console.log(JSON.stringify(line));
  return outcome;
}
