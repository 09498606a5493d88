/** Events of the agent (`agent.…`) as stored (spec/core.md §4.4, §4.6). */
import { z } from "zod";
import { MessageBlock, RedactedBlock, ResultBlock, TextBlock } from "./content.ts";
import { Timestamp } from "./fields.ts";

/** A stored event of the server: always stamped. */
export function event<T extends string, S extends z.core.$ZodLooseShape>(type: T, fields: S) {
  return z.object({ id: z.string(), type: z.literal(type), processed_at: Timestamp, ...fields });
}

export const EvaluatedPermission = z.enum(["allow", "ask", "deny"]);

const Judgement = z.discriminatedUnion("type", [
  z.object({ type: z.literal("allow") }),
  z.object({ type: z.literal("ask"), reason_code: z.string() }),
  z.object({ type: z.literal("deny"), reason_code: z.string() }),
]);

/** Which policy decided; absent only when the call was refused before any policy applied. */
export const ToolEvaluation = z.discriminatedUnion("type", [
  z.object({ type: z.literal("always_allow") }),
  z.object({ type: z.literal("always_ask") }),
  z.object({ type: z.literal("auto"), evaluated_permission: Judgement }),
]);

/** A tool's input as the model wrote it: free-form, the one place of the protocol whose values have no type. */
export const ToolInput = z.record(z.string(), z.unknown());

const crossPosted = { session_thread_id: z.string().nullish() };
const judged = {
  evaluated_permission: EvaluatedPermission.optional(),
  evaluation: ToolEvaluation.optional(),
  ...crossPosted,
};
const result = { content: z.array(ResultBlock).optional(), is_error: z.boolean().nullish() };

export const AGENT_EVENTS = [
  event("agent.message", { content: z.array(z.discriminatedUnion("type", [TextBlock, RedactedBlock])) }),
  event("agent.thinking", {}),
  event("agent.tool_use", { name: z.string(), input: ToolInput, ...judged }),
  event("agent.tool_result", { tool_use_id: z.string(), ...result }),
  event("agent.mcp_tool_use", { name: z.string(), mcp_server_name: z.string(), input: ToolInput, ...judged }),
  event("agent.mcp_tool_result", { mcp_tool_use_id: z.string(), ...result }),
  event("agent.custom_tool_use", { name: z.string(), input: ToolInput, ...crossPosted }),
  event("agent.thread_context_compacted", {}),
  event("agent.thread_message_sent", {
    to_session_thread_id: z.string(),
    to_agent_name: z.string().nullish(),
    content: z.array(MessageBlock),
  }),
  event("agent.thread_message_received", {
    from_session_thread_id: z.string(),
    from_agent_name: z.string().nullish(),
    content: z.array(MessageBlock),
  }),
] as const;
