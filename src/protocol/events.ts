/** Every event that can be in a session's list, and every frame of its stream (spec/core.md §1.9, §4.7). */
import { z } from "zod";
import { AGENT_EVENTS } from "./agent-events.ts";
import { TextBlock } from "./content.ts";
import { after, anyOf, bounds, listOrder, pageCursor, pageLimit, queryReader, within } from "./queries.ts";
import { SESSION_EVENTS } from "./session-events.ts";
import { USER_EVENTS } from "./user-events.ts";
import { WORKFLOW_EVENTS } from "./workflow-events.ts";

export { EventParams, EventSend, EventsSent } from "./user-events.ts";

const STORED = [...USER_EVENTS, ...AGENT_EVENTS, ...SESSION_EVENTS, ...WORKFLOW_EVENTS] as const;

export const SessionEvent = z.discriminatedUnion("type", STORED);
export type SessionEvent = z.infer<typeof SessionEvent>;
export type EventType = SessionEvent["type"];

/** One stored event by its type: `EventOf<"agent.tool_use">`. */
export type EventOf<T extends EventType> = Extract<SessionEvent, { type: T }>;

/** Every stored event's `type`. */
export const EVENT_TYPES: readonly EventType[] = STORED.map((event) => event.shape.type.value);

/** What a stream may preview. */
export const DELTA_TYPES = ["agent.message", "agent.thinking"] as const;
export type DeltaType = (typeof DELTA_TYPES)[number];

/** Opens a preview of the event that will carry this id. */
export const EventStart = z.object({
  type: z.literal("event_start"),
  event: z.discriminatedUnion("type", [
    z.object({ type: z.literal("agent.message"), id: z.string() }),
    z.object({ type: z.literal("agent.thinking"), id: z.string() }),
  ]),
});
export type EventStart = z.infer<typeof EventStart>;

/** A fragment of a previewed `agent.message`. */
export const EventDelta = z.object({
  type: z.literal("event_delta"),
  event_id: z.string(),
  delta: z.object({ type: z.literal("content_delta"), index: z.int().optional(), content: TextBlock }),
});
export type EventDelta = z.infer<typeof EventDelta>;

export const StreamFrame = z.discriminatedUnion("type", [...STORED, EventStart, EventDelta]);
export type StreamFrame = z.infer<typeof StreamFrame>;

/** What an event list may be filtered by, as the SDK types it: `session.deleted` is never in a list. */
const LISTED_TYPES = EVENT_TYPES.filter((type) => type !== "session.deleted");
/** Values of `event_deltas[]`, repetitions included. */
export const MAX_EVENT_DELTAS = 100;

const limit = pageLimit(1_000, 1_000);

export const eventListQuery = queryReader(
  z
    .strictObject({
      limit,
      page: pageCursor,
      order: listOrder("asc"),
      "types[]": anyOf(LISTED_TYPES),
      ...within,
    })
    .transform(({ limit, page, order, "types[]": types, ...times }) => ({
      limit,
      page,
      order,
      types,
      ...bounds(times),
    })),
);

/** Of one thread. */
export const threadEventListQuery = queryReader(z.strictObject({ limit, page: pageCursor }));

export const streamQuery = queryReader(
  z
    .strictObject({
      "event_deltas[]": z
        .array(z.enum(DELTA_TYPES))
        .max(MAX_EVENT_DELTAS, `must have at most ${MAX_EVENT_DELTAS} values`)
        .default([]),
      after,
    })
    .transform((query) => ({ event_deltas: [...new Set(query["event_deltas[]"])], after: query.after })),
);

export const socketQuery = queryReader(
  z.strictObject({
    after,
    deltas: z.string().meta({ description: "As `event_deltas[]`, joined by commas." }).optional(),
  }),
);
