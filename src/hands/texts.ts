/** The fixed texts of results that no tool wrote: part of prompts and logs, so they never change. */

/** The machine that could have known is gone (reliability.md §2.2, C29). */
export const UNKNOWN_TEXT =
  "The outcome of this call is unknown: the machine was lost before it could answer. The call may have taken effect; check before repeating it.";
export const INTERRUPTED_BEFORE_TEXT = "interrupted before it ran";
export const INTERRUPTED_AFTER_TEXT = "interrupted; it may have taken effect, check before repeating";
