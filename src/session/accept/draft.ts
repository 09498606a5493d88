import type { ThreadContext } from "../../brain/thread.ts";
import type { Batch, ThreadBatch } from "../../log/batch.ts";
import type { Row } from "../../log/rows.ts";
import type { ThreadState } from "../../log/state.ts";
import { ApiError, invalid } from "../../protocol/errors.ts";
import type { Draft } from "../rpc.ts";

/** What taking a client event needs, and the two places where one can go: the log, or the inbox. */

/** More than this waiting input is refused: somebody is sending faster than the model can read. */
const MAX_QUEUED_EVENTS = 1_000;
/** Characters of a client's own id that a message repeats. */
export const QUOTED_CHARS = 80;

/** What taking client events depends on beside the log. */
export interface Intake {
  /** What a thread's turns run on. */
  context(thread: number): Pick<ThreadContext, "price" | "toolChange" | "takesSystemTurns" | "doing">;
  /** The name of the credential that sends. */
  cred: string;
  /** `Sender.held`. */
  held: boolean;
}

/** The stored event that stands for a draft; `ts` is null while it waits. */
export interface Accepted {
  id: string;
  ts: number | null;
}

/** Into the log, now. */
export function addDraft(t: ThreadBatch, { type, body, content }: Draft, { cred }: Intake): Row {
  return t.batch.append(t.thread, { type, body, content, cred });
}

/** Into the inbox, until its turn comes; refused when that is full. */
export function queueDraft(b: Batch, { type, body, content }: Draft, { cred }: Intake): Accepted {
  if (b.inbox.length >= MAX_QUEUED_EVENTS) {
    refuse(
      `events: ${MAX_QUEUED_EVENTS} events already wait for the model; wait for the session to read them or send user.interrupt`,
    );
  }
  return { id: b.queue(type, { body, content, cred }).id, ts: null };
}

export function refuse(message: string, code?: string): never {
  throw new ApiError(invalid(message, code));
}

/** Whether the thread waits for its client: a confirmation, or a result. */
export function isWaiting({ status, stop }: ThreadState): boolean {
  return status === "idle" && stop?.type === "requires_action";
}
