import type { Setting } from "../brain/advance.ts";
import type { Usage as ModelUsage } from "../brain/models/usage.ts";
import type { Batch } from "../log/batch.ts";
import { invalid, type WireError } from "../protocol/errors.ts";
import type { Draft } from "./rpc.ts";

/** What taking a client event needs, and the two places where one can go: the log, or the inbox. */

/** More than this waiting input is refused: somebody is sending faster than the model can read. */
export const MAX_QUEUED_EVENTS = 1_000;
/** Characters of a client's own id that a message repeats. */
export const QUOTED_CHARS = 80;

/** What taking a client event depends on beside the log. */
export interface Intake {
  setting: Setting;
  cred: string;
  /** Whether the model takes `role: "system"` turns (spec/messages.md §6). */
  systemTurns: boolean;
  /** What the model request under way has used so far; null when none is being read. */
  used(): ModelUsage | null;
  /** `Sender.held`. */
  held?: boolean;
}

/** The stored event that stands for a draft; `ts` is null while it waits. */
export interface Accepted {
  id: string;
  ts: number | null;
}

/** A refusal: the batch that was being built is dropped whole. */
export class Refusal extends Error {
  readonly wire: WireError;
  constructor(wire: WireError) {
    super(wire.message);
    this.wire = wire;
  }
}

/** Into the log, now. */
export function add(b: Batch, draft: Draft, intake: Intake): Accepted {
  return b.add(draft.type, { body: draft.body, content: draft.content, cred: intake.cred });
}

/** Into the inbox, until its turn comes; refused when that is full. */
export function queue(b: Batch, draft: Draft, intake: Intake): Accepted {
  if (b.inbox.length >= MAX_QUEUED_EVENTS) {
    refuse(
      `events: ${MAX_QUEUED_EVENTS} events already wait for the model; wait for the session to read them or send user.interrupt`,
    );
  }
  return { id: b.queue(draft.type, { body: draft.body, content: draft.content, cred: intake.cred }).id, ts: null };
}

export function refuse(message: string, code?: string): never {
  throw new Refusal(invalid(message, code));
}

/** Whether the session waits for its client: a confirmation, or a result. */
export function waiting(b: Batch): boolean {
  return b.state.status === "idle" && b.state.stop?.type === "requires_action";
}
