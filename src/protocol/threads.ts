/** Threads of a session (spec/core.md §11). */
import { z } from "zod";
import { ThreadAgent } from "./agents.ts";
import { Timestamp } from "./fields.ts";
import { anyOf, pageCursor, pageLimit, queryReader } from "./queries.ts";
import { SESSION_STATUSES, SessionStatus } from "./sessions.ts";
import { SessionUsage } from "./usage.ts";

/** Cumulative; the cost excludes the runtime charge, so threads do not add up to the session. */
export const ThreadUsage = SessionUsage;
export type ThreadUsage = z.infer<typeof ThreadUsage>;

/** Seconds. */
export const ThreadStats = z.object({
  active_seconds: z.number().optional(),
  duration_seconds: z.number().optional(),
  startup_seconds: z.number().optional(),
});
export type ThreadStats = z.infer<typeof ThreadStats>;

/** `usage` is null until the first idle, `stats` until the first change of status. */
export const SessionThread = z.object({
  type: z.literal("session_thread"),
  id: z.string(),
  session_id: z.string(),
  parent_thread_id: z.string().nullable(),
  workflow_run_id: z.string().nullable(),
  agent: ThreadAgent,
  status: SessionStatus,
  usage: ThreadUsage.nullable(),
  stats: ThreadStats.nullable(),
  created_at: Timestamp,
  updated_at: Timestamp,
  archived_at: Timestamp.nullable(),
});
export type SessionThread = z.infer<typeof SessionThread>;

export const threadListQuery = queryReader(
  z
    .strictObject({
      limit: pageLimit(1_000, 1_000),
      page: pageCursor,
      "statuses[]": anyOf(SESSION_STATUSES),
    })
    .transform(({ limit, page, "statuses[]": statuses }) => ({ limit, page, statuses })),
);
