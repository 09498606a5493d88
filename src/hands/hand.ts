/**
 * A hand carries out tool uses. The brain knows this file of the room, and the registry.
 *
 * Contract. `execute` is called after the call's dispatch row is committed; it may be called again with the same key after a crash, by this
 * or a newer instance. A hand runs the body of a key at most once: the same key again attaches to the running call or returns the
 * recorded bytes; it never rejects for what a tool did (that is `isError`), only for what the brain must not go on from (`HandRefused`).
 */
export interface Call {
  /** `callKey` of the tool use: the same for ever. */
  key: string;
  /** The kind of hand that carries it out (`registry.ts`). */
  hand: string;
  name: string;
  input: Record<string, unknown>;
  /** SHA-256 (hex) of name and input; the same key with another digest is a bug and is refused. */
  digest: string;
  /** The caller's epoch; a hand that has seen a higher one refuses. */
  epoch: number;
  /** Milliseconds since 1970. */
  deadline: number;
  /** Absent from callers of release 0.1. */
  open?: OpenCalls;
}

/**
 * The calls of a session without a result, as its log says at a row. A hand ends every call that is not among the newest set it has seen, forgets
 * its outcome and takes it no more: so an interrupt whose cancel was lost holds nobody up, and a journal holds only what can still be asked for.
 */
export interface OpenCalls {
  /** The newest row's seq. */
  at: number;
  keys: readonly string[];
}

/** The name of a call: its session's id and the id of its tool-use event. */
export function callKey(sessionId: string, eventId: string): string {
  return `${sessionId}/${eventId}`;
}

export interface Result {
  content: { type: "text"; text: string }[];
  isError: boolean;
  /** True when the machine that could have known is gone: the text says that the outcome is unknown. */
  unknown?: boolean;
}

/** `settled`: the session has given the call a result since, so it does not run. */
export type RefusalReason = "stale_epoch" | "digest_conflict" | "settled";

export class HandRefused extends Error {
  readonly reason: RefusalReason;
  constructor(reason: RefusalReason) {
    super(reason);
    this.name = "HandRefused";
    this.reason = reason;
  }
}

export interface Hand {
  /** Starts what a later `execute` needs; called when the model begins to write a tool use. Twice is the same as once; failing is silent. */
  warm(epoch: number): Promise<void>;
  execute(call: Call): Promise<Result>;
  /** The call is settled and its outcome unwanted: stop its body. Unknown keys and twice are fine. */
  cancel(key: string, epoch: number): Promise<void>;
  /** Deletes the machine and its disk. */
  remove(): Promise<void>;
}

/* The fixed texts of results that no tool wrote: part of prompts and logs, so they never change. */

/** The machine that could have known is gone (reliability.md §2.2, C29). */
export const UNKNOWN_TEXT =
  "The outcome of this call is unknown: the machine was lost before it could answer. The call may have taken effect; check before repeating it.";
/** No machine could be had for the call. An earlier one may have been lost while it ran it. */
export const NO_MACHINE_TEXT =
  "The machine could not be started, so this call was given up. Unless an earlier machine was lost while it ran, nothing of it was done; check before repeating it.";
export const INTERRUPTED_BEFORE_TEXT = "interrupted before it ran";
export const INTERRUPTED_AFTER_TEXT = "interrupted; it may have taken effect, check before repeating";

/** A result that is one of these texts, or another error that no tool wrote. */
export function errorResult(text: string): Result {
  return { content: [{ type: "text", text }], isError: true };
}
