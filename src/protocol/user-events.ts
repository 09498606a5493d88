/**
 * Events that a client sends (`EventParams`), and the same as stored (spec/core.md §4.3). A stored one has no `processed_at` until it is consumed.
 */
import { z } from "zod";
import {
  blocks,
  MessageBlock,
  MessageContentParams,
  ResultBlock,
  ResultContentParams,
  TextBlock,
  TextParams,
} from "./content.ts";
import { NonEmpty, Timestamp, text } from "./fields.ts";

/** Blocks of one `system.message`. */
export const MAX_SYSTEM_BLOCKS = 1_000;
/** Characters. It is above what the api replaces by a placeholder, so the api counts long ones; here it stops what is not replaced. */
export const MAX_RUBRIC = 262_144;
/** Characters of a reason for a refusal: it is kept in the session's state until the turn ends. */
export const MAX_DENY_MESSAGE = 10_000;
/** Events of one request: each is at least a row, and all are one commit. */
export const MAX_EVENTS = 1_000;
/** Evaluate-then-revise rounds. */
export const MAX_ITERATIONS = 20;

const result = { content: z.array(ResultBlock).optional(), is_error: z.boolean().nullish() };
const resultParams = { content: ResultContentParams.optional(), is_error: z.boolean().nullish() };

export const UserMessageParams = z.strictObject({ type: z.literal("user.message"), content: MessageContentParams });
export type UserMessageParams = z.infer<typeof UserMessageParams>;

export const UserInterruptParams = z.strictObject({
  type: z.literal("user.interrupt"),
  session_thread_id: NonEmpty.nullish(),
});

export const UserToolConfirmationParams = z
  .strictObject({
    type: z.literal("user.tool_confirmation"),
    tool_use_id: NonEmpty,
    result: z.enum(["allow", "deny"]),
    deny_message: text(0, MAX_DENY_MESSAGE).nullish(),
  })
  .refine((event) => event.result === "deny" || event.deny_message == null, {
    error: "is only for result deny; leave it out",
    path: ["deny_message"],
    abort: true,
  });

export const UserCustomToolResultParams = z.strictObject({
  type: z.literal("user.custom_tool_result"),
  custom_tool_use_id: NonEmpty,
  ...resultParams,
});

export const UserToolResultParams = z.strictObject({
  type: z.literal("user.tool_result"),
  tool_use_id: NonEmpty,
  ...resultParams,
});

export const UserDefineOutcomeParams = z.strictObject({
  type: z.literal("user.define_outcome"),
  description: NonEmpty,
  rubric: z.discriminatedUnion("type", [
    z.strictObject({ type: z.literal("text"), content: text(1, MAX_RUBRIC) }),
    z.strictObject({ type: z.literal("file"), file_id: NonEmpty }),
  ]),
  max_iterations: z.int().min(1, { abort: true }).max(MAX_ITERATIONS, { abort: true }).nullish(),
});

export const SystemMessageParams = z.strictObject({
  type: z.literal("system.message"),
  content: blocks(TextParams)
    .min(1, "must have at least one text block")
    .max(MAX_SYSTEM_BLOCKS, `must have at most ${MAX_SYSTEM_BLOCKS} text blocks`),
});

export const EventParams = z.discriminatedUnion("type", [
  UserMessageParams,
  UserInterruptParams,
  UserToolConfirmationParams,
  UserCustomToolResultParams,
  UserToolResultParams,
  UserDefineOutcomeParams,
  SystemMessageParams,
]);
export type EventParams = z.infer<typeof EventParams>;

/** What a `system.message` may follow in one request; it may also be the only event. */
const BEFORE_SYSTEM = ["user.message", "user.tool_result", "user.custom_tool_result"];

/** The body of `POST …/events`: taken whole, or refused for its first bad event (spec/core.md §4.3). @inferred */
export const EventSend = z.strictObject({
  events: z
    .array(EventParams)
    .min(1, "must have at least one event")
    .max(MAX_EVENTS, `must have at most ${MAX_EVENTS} events; send them in several requests`)
    .superRefine((events, ctx) => {
      const at = events.findIndex((event) => event.type === "system.message");
      if (at < 0) return;
      const refuse = (message: string) => ctx.addIssue({ code: "custom", path: [at], message });
      const before = events[at - 1];
      if (at < events.length - 1) refuse("must be the last event of a request, and the only one of its type");
      else if (before && !BEFORE_SYSTEM.includes(before.type))
        refuse(
          `must directly follow ${BEFORE_SYSTEM.join(", ")}, or be the only event; the event before is ${before.type}`,
        );
    }),
});
export type EventSend = z.infer<typeof EventSend>;

const received = { id: z.string(), processed_at: Timestamp.nullish() };
const routed = { session_thread_id: z.string().nullish() };

export const USER_EVENTS = [
  z.object({ ...received, type: z.literal("user.message"), content: z.array(MessageBlock) }),
  z.object({ ...received, type: z.literal("user.interrupt"), ...routed }),
  z.object({
    ...received,
    type: z.literal("user.tool_confirmation"),
    tool_use_id: z.string(),
    result: z.enum(["allow", "deny"]),
    deny_message: z.string().nullish(),
    ...routed,
  }),
  z.object({
    ...received,
    type: z.literal("user.custom_tool_result"),
    custom_tool_use_id: z.string(),
    ...result,
    ...routed,
  }),
  z.object({ ...received, type: z.literal("user.tool_result"), tool_use_id: z.string(), ...result, ...routed }),
  z.object({
    id: z.string(),
    type: z.literal("user.define_outcome"),
    description: z.string(),
    max_iterations: z.int().nullable(),
    outcome_id: z.string(),
    processed_at: Timestamp,
    rubric: z.discriminatedUnion("type", [
      z.object({ type: z.literal("text"), content: z.string() }),
      z.object({ type: z.literal("file"), file_id: z.string() }),
    ]),
  }),
  z.object({ ...received, type: z.literal("system.message"), content: z.array(TextBlock) }),
] as const;

/** What `POST …/events` echoes: the accepted events with their ids, in the order they were sent. */
export const EventsSent = z.object({ data: z.array(z.discriminatedUnion("type", USER_EVENTS)) });
export type EventsSent = z.infer<typeof EventsSent>;
