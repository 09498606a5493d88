/** Sessions (spec/core.md §4.1, §4.2). */
import { z } from "zod";
import { AgentWithOverrides, McpServersParams, SessionAgent, ToolsParams } from "./agents.ts";
import { Metadata, metadataParams, metadataPatch, NonEmpty, Timestamp, text } from "./fields.ts";
import { AgentRefParams } from "./multiagent.ts";
import {
  anyOf,
  bounded,
  bounds,
  filter,
  flag,
  listOrder,
  pageCursor,
  pageLimit,
  queryReader,
  within,
} from "./queries.ts";
import { ResourceParams, SessionResource } from "./resources.ts";
import { Budget, BudgetParams, SessionUsage } from "./usage.ts";
import { UserDefineOutcomeParams, UserMessageParams } from "./user-events.ts";

export { Budget, SessionUsage } from "./usage.ts";

/** Entries of `initial_events`. */
export const MAX_INITIAL_EVENTS = 50;
/** Documents that name a file, over all initial events. */
export const MAX_INITIAL_FILES = 100;

/** Characters of a title; the wire names no limit. @inferred */
export const MAX_TITLE = 1_000;

export const SESSION_STATUSES = ["rescheduling", "running", "idle", "terminated"] as const;
export const SessionStatus = z.enum(SESSION_STATUSES);
export type SessionStatus = z.infer<typeof SessionStatus>;

/** Seconds. */
export const SessionStats = z.object({
  active_seconds: z.number().optional(),
  duration_seconds: z.number().optional(),
});
export type SessionStats = z.infer<typeof SessionStats>;

const OutcomeEvaluation = z.object({
  type: z.literal("outcome_evaluation"),
  outcome_id: z.string(),
  description: z.string(),
  result: z.string(),
  explanation: z.string().nullable(),
  iteration: z.int(),
  completed_at: Timestamp.nullable(),
});

export const Session = z.object({
  type: z.literal("session"),
  id: z.string(),
  status: SessionStatus,
  title: z.string().nullable(),
  agent: SessionAgent,
  environment_id: z.string(),
  deployment_id: z.string().nullish(),
  vault_ids: z.array(z.string()),
  resources: z.array(SessionResource),
  outcome_evaluations: z.array(OutcomeEvaluation),
  budget: Budget.nullable(),
  metadata: Metadata,
  usage: SessionUsage,
  stats: SessionStats,
  created_at: Timestamp,
  updated_at: Timestamp,
  archived_at: Timestamp.nullable(),
});
export type Session = z.infer<typeof Session>;

const InitialEvents = z
  .array(z.discriminatedUnion("type", [UserMessageParams, UserDefineOutcomeParams]))
  .max(MAX_INITIAL_EVENTS, `must have at most ${MAX_INITIAL_EVENTS} events`)
  .superRefine((events, ctx) => {
    const outcomes = events.filter((event) => event.type === "user.define_outcome");
    if (outcomes.length > 1) ctx.addIssue("must have at most one user.define_outcome");
    const blocks = events.flatMap((event) => (event.type === "user.message" ? event.content : []));
    const files = blocks.filter((block) => block.type === "document" && block.source.type === "file");
    if (files.length > MAX_INITIAL_FILES)
      ctx.addIssue(`must have at most ${MAX_INITIAL_FILES} documents that name a file, has ${files.length}`);
  });

/** The body of `POST /v1/sessions`. */
export const SessionCreate = z.strictObject({
  agent: z.union([NonEmpty, z.discriminatedUnion("type", [AgentRefParams, AgentWithOverrides])]),
  environment_id: NonEmpty,
  title: text(0, MAX_TITLE).nullish(),
  metadata: metadataParams().optional(),
  initial_events: InitialEvents.optional(),
  budget: BudgetParams.nullish(),
  resources: z.array(ResourceParams).optional(),
  vault_ids: z.array(NonEmpty).optional(),
});
export type SessionCreate = z.infer<typeof SessionCreate>;

/**
 * The body of `POST /v1/sessions/{id}`: an omitted field keeps its value. Null clears `title` and `budget`; `metadata` is merged by key; each list of
 * `agent` is replaced whole (spec/core.md §4.9). The rules between fields hold for the session that results.
 */
export const SessionUpdate = z.strictObject({
  title: text(0, MAX_TITLE).nullish(),
  metadata: metadataPatch().nullish(),
  budget: BudgetParams.nullish(),
  agent: z.strictObject({ tools: ToolsParams.optional(), mcp_servers: McpServersParams.optional() }).optional(),
  vault_ids: z
    .array(z.string())
    .optional()
    .superRefine((ids, ctx) => {
      if (ids !== undefined) ctx.addIssue("cannot be changed after create; leave it out");
    }),
});
export type SessionUpdate = z.infer<typeof SessionUpdate>;

export const SessionDeleted = z.object({ type: z.literal("session_deleted"), id: z.string() });
export type SessionDeleted = z.infer<typeof SessionDeleted>;

export const sessionListQuery = queryReader(
  z
    .strictObject({
      limit: pageLimit(20, 100),
      page: pageCursor,
      order: listOrder("desc"),
      include_archived: flag,
      "statuses[]": anyOf(SESSION_STATUSES),
      agent_id: filter,
      agent_version: bounded(1, Number.MAX_SAFE_INTEGER).optional(),
      deployment_id: filter,
      memory_store_id: filter,
      ...within,
    })
    .transform(({ limit, page, order, include_archived, "statuses[]": statuses, ...rest }) => {
      const { agent_id, agent_version, deployment_id, memory_store_id, ...times } = rest;
      const filters = { agent_id, agent_version, deployment_id, memory_store_id, statuses };
      return { limit, page, order, include_archived, ...filters, ...bounds(times) };
    }),
);
