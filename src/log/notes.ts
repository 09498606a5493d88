import { z } from "zod";
import { Budget } from "../protocol/usage.ts";

/** What rows keep for ourselves in `note`, by type of row; never listed. Optional fields came later, so that older rows stay readable. */

export const RequestNote = z.object({
  attempt: z.int(),
  sha: z.string(),
  length: z.int(),
  /** Absent: the thread's next response. */
  kind: z.enum(["turn", "compact", "grade"]).optional(),
});

/** The flat form of a usage, with its exact price (`Usage` in state.ts). */
export const UsageNote = z.object({
  input: z.number(),
  output: z.number(),
  cacheRead: z.number(),
  cache5m: z.number(),
  cache1h: z.number(),
  webSearches: z.number(),
  cost: z.number().nullable(),
});

export const ResponseNote = z.object({
  usage: UsageNote,
  /** Charged from what was seen of a response that ended early (reliability.md C7). */
  estimated: z.boolean().optional(),
  messageId: z.string().optional(),
  promptTokens: z.number().optional(),
  stopReason: z.string().nullish(),
  /** Provider ids of custom calls whose input was cut: settled inside, never shown to clients. */
  cut: z.array(z.string()).optional(),
  /** The provider refused a replayed thinking block: ask for `drop_block` from now on. */
  dropBlock: z.boolean().optional(),
});
export type ResponseNote = z.infer<typeof ResponseNote>;

/** On `session.updated`: what holds from now on, but for the agent, which is in the body alone (spec/core.md §4.9). */
export const UpdateNote = z.object({
  title: z.string().nullish(),
  /** All pairs after the update; the body leaves an emptied bag out. */
  metadata: z.record(z.string(), z.string()).optional(),
  budget: Budget.nullish(),
  /** The update brought an agent. */
  agent: z.literal(true).optional(),
});
export type UpdateNote = z.infer<typeof UpdateNote>;

/** Of a turn that begins with other tools than the last one. The blocks that tell the model are the row's `wire`. */
export const ToolsNote = z.object({
  /** The seq of the update that brought them. */
  agent: z.int(),
  /** They stand at the head of every request from now on, instead of being told. */
  opens: z.boolean(),
  told: z.boolean(),
  /** Names defined in the blocks, and the blocks' length. */
  added: z.array(z.string()),
  bytes: z.int(),
});
export type ToolsNote = z.infer<typeof ToolsNote>;

/** On a running status. It stands on the session's row where the primary thread causes one, else on the thread's. */
export const RunningNote = z.object({ tools: ToolsNote.optional() });

/** On a rescheduled status: when the next attempt is due, microseconds; on the session's row for the primary thread too. */
export const RescheduledNote = z.object({ due: z.number().optional() });

export const CallNote = z.object({
  toolUseId: z.string(),
  digest: z.string(),
  /** Why the call is refused without running: its input was cut off, or the session has no such tool. */
  refused: z.enum(["cut", "unknown"]).optional(),
  /** Absent: a custom tool's is parked, any other's serial. */
  order: z.enum(["serial", "parallel", "parked"]).optional(),
});
export type CallNote = z.infer<typeof CallNote>;

/** On `session.thread_created`: the thread's number, and the snapshot of the agent that it runs. */
export const ThreadNote = z.object({ thread: z.int(), agent: z.unknown().optional() });
