/** Input that waits for a thread's next model request. */
import type { ThreadBatch } from "../log/batch.ts";
import { eventKind } from "../log/events.ts";
import { capped } from "./money/budget.ts";

/** Whether input waits that a request can be made for. */
export function messageWaits(t: ThreadBatch): boolean {
  return t.inbox.some((entry) => eventKind(entry.type)?.wakes);
}

/** Whether that input gets a request: what waits when the cap is reached waits on, for the budget to be changed. @inferred */
export function continuesWithInbox(t: ThreadBatch): boolean {
  return messageWaits(t) && !capped(t.session, Math.max(t.batch.now, t.session.ts));
}

/** Everything in the inbox becomes input of the next request, in the order of acceptance; answers stay until their turn. */
export function consumeInbox(t: ThreadBatch): void {
  for (const entry of t.inbox) if (!eventKind(entry.type)?.answers) t.batch.consume(entry);
}
