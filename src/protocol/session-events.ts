/** Events of the session, its threads and its spans as stored (spec/core.md §4.1, §4.6, §4.8). */
import { z } from "zod";
import { event } from "./agent-events.ts";
import { SessionAgent } from "./agents.ts";
import { Metadata } from "./fields.ts";
import { Budget, ModelUsage, UsageSnapshot } from "./usage.ts";

export const StopReason = z.discriminatedUnion("type", [
  z.object({ type: z.literal("end_turn") }),
  z.object({ type: z.literal("requires_action"), event_ids: z.array(z.string()) }),
  z.object({ type: z.literal("retries_exhausted") }),
  z.object({ type: z.literal("budget_reached") }),
  z.object({ type: z.literal("refusal") }),
]);
export type StopReason = z.infer<typeof StopReason>;

/** Null on every idle event whose reason is not a refusal. */
export const StopDetails = z.object({
  type: z.literal("refusal"),
  category: z.enum(["cyber", "bio", "frontier_llm", "reasoning_extraction", "general_harms"]).nullable(),
  explanation: z.string().nullable(),
});
export type StopDetails = z.infer<typeof StopDetails>;

export const RetryStatus = z.discriminatedUnion("type", [
  z.object({ type: z.literal("retrying") }),
  z.object({ type: z.literal("exhausted") }),
  z.object({ type: z.literal("terminal") }),
]);
export type RetryStatus = z.infer<typeof RetryStatus>;

const failure = <T extends string>(type: T) =>
  z.object({ type: z.literal(type), message: z.string(), retry_status: RetryStatus });
const server = { mcp_server_name: z.string() };
const repository = { repository_url: z.string().nullable() };

export const SessionError = z.discriminatedUnion("type", [
  failure("unknown_error"),
  failure("model_overloaded_error"),
  failure("model_rate_limited_error"),
  failure("model_request_failed_error"),
  failure("billing_error"),
  failure("tool_use_limit_reached_error"),
  failure("compaction_limit_reached_error"),
  failure("mcp_connection_failed_error").extend(server),
  failure("mcp_authentication_failed_error").extend(server),
  failure("credential_host_unreachable_error").extend({ credential_id: z.string(), vault_id: z.string() }),
  failure("repository_authentication_error").extend(repository),
  failure("repository_forbidden_error").extend(repository),
  failure("repository_not_found_error").extend(repository),
  failure("repository_checkout_error").extend(repository),
  failure("repository_clone_error").extend(repository),
]);
export type SessionError = z.infer<typeof SessionError>;

const idle = { stop_reason: StopReason, stop_details: StopDetails.nullable() };
const thread = { session_thread_id: z.string(), agent_name: z.string() };
const outcome = { outcome_id: z.string(), iteration: z.int() };

export const SESSION_EVENTS = [
  event("session.status_running", {}),
  event("session.status_idle", idle),
  event("session.status_rescheduled", {}),
  event("session.status_terminated", {}),
  event("session.thread_created", { ...thread, workflow_run_id: z.string().nullable() }),
  event("session.thread_status_running", thread),
  event("session.thread_status_idle", { ...thread, ...idle }),
  event("session.thread_status_rescheduled", thread),
  event("session.thread_status_terminated", thread),
  event("session.error", { error: SessionError }),
  event("session.usage", { usage: UsageSnapshot, budget: Budget.nullish() }),
  event("session.updated", {
    agent: SessionAgent.nullish(),
    budget: Budget.nullish(),
    metadata: Metadata.optional(),
    title: z.string().nullish(),
  }),
  event("session.deleted", {}),
  event("span.model_request_start", {}),
  event("span.model_request_end", {
    is_error: z.boolean().nullable(),
    model_request_start_id: z.string(),
    model_usage: ModelUsage,
  }),
  event("span.outcome_evaluation_start", outcome),
  event("span.outcome_evaluation_ongoing", outcome),
  event("span.outcome_evaluation_end", {
    ...outcome,
    outcome_evaluation_start_id: z.string(),
    result: z.string(),
    explanation: z.string(),
    usage: ModelUsage,
  }),
] as const;
