/** Short ways to write the lines and steps that every scenario has. Each returns data. */
import type {
  AgentTools,
  ClientEvent,
  Expected,
  Matcher,
  ModelAnswer,
  Name,
  Sent,
  Step,
  StopDetails,
  StopReason,
} from "./format.ts";

/** spec/core.md §4.1: session first, then thread. */
export const RUNNING: Expected[] = [{ type: "session.status_running" }, { type: "session.thread_status_running" }];
export const RESCHEDULED: Expected[] = [
  { type: "session.status_rescheduled" },
  { type: "session.thread_status_rescheduled" },
];

/** spec/core.md §4.6: thread, usage, session; `stop_details` null except for a refusal. */
export function idle(stop_reason: StopReason, stop_details: StopDetails | null = null): Expected[] {
  const why = { stop_reason: { ...stop_reason }, stop_details: stop_details && { ...stop_details } };
  return [
    { type: "session.thread_status_idle", ...why },
    { type: "session.usage" },
    { type: "session.status_idle", ...why },
  ];
}
export const END_TURN = idle({ type: "end_turn" });
export const EXHAUSTED = idle({ type: "retries_exhausted" });
export const waitsFor = (...event_ids: Name[]): Expected[] => idle({ type: "requires_action", event_ids });

export const start = (id: Name): Expected => ({ type: "span.model_request_start", id });
export const end = (of: Name): Expected => ({
  type: "span.model_request_end",
  model_request_start_id: of,
  is_error: false,
});
export const failed = (of: Name): Expected => ({ ...end(of), is_error: true });
export const thinking: Expected = { type: "agent.thinking" };
export const says = (text: string, id?: Name): Expected => ({
  type: "agent.message",
  ...(id ? { id } : {}),
  content: [{ type: "text", text }],
});
export const error = (type: string, retry: "retrying" | "exhausted" | "terminal"): Expected => ({
  type: "session.error",
  error: { type, retry_status: { type: retry }, message: { contains: "" } },
});

export const bash = (id: Name, command: string, evaluated_permission = "allow"): Expected => ({
  type: "agent.tool_use",
  id,
  name: "bash",
  input: { command },
  evaluated_permission,
});
export const custom = (id: Name, input: Record<string, Matcher> = {}): Expected => ({
  type: "agent.custom_tool_use",
  id,
  name: LOOKUP,
  input,
});
/** A result that worked. */
export const gives = (tool_use_id: Name, text: string): Expected => ({
  type: "agent.tool_result",
  tool_use_id,
  content: [{ type: "text", text: { contains: text } }],
});
export const fails = (tool_use_id: Name, text: string): Expected => ({ ...gives(tool_use_id, text), is_error: true });

/** The client's events, to send and to expect. */
export const userMessage = (as: Name, text: string): Sent => ({
  as,
  event: { type: "user.message", content: [{ type: "text", text }] },
});
export const systemMessage = (as: Name, text: string): Sent => ({
  as,
  event: { type: "system.message", content: [{ type: "text", text }] },
});
export const interrupt = (as: Name): Sent => ({ as, event: { type: "user.interrupt" } });
export const allow = (as: Name, tool_use_id: Name): Sent => ({
  as,
  event: { type: "user.tool_confirmation", tool_use_id, result: "allow" },
});
export const deny = (as: Name, tool_use_id: Name, deny_message: string): Sent => ({
  as,
  event: { type: "user.tool_confirmation", tool_use_id, result: "deny", deny_message },
});
export const answer = (as: Name, custom_tool_use_id: Name, text: string): Sent => ({
  as,
  event: { type: "user.custom_tool_result", custom_tool_use_id, content: [{ type: "text", text }] },
});
/** The line that a sent event becomes. */
export const logged = ({ as, event }: Sent): Expected => ({
  ...asData(event),
  type: event.type,
  ...(as ? { id: as } : {}),
});

const asData = (event: ClientEvent): Record<string, Matcher> =>
  JSON.parse(JSON.stringify(event)) as Record<string, Matcher>;

/** Steps. */
export const CREATE: Step = { do: "create" };
export const send = (...events: Sent[]): Step => ({ do: "send", events });
export const idles = (count: number): Step => ({ do: "wait", type: "session.status_idle", count });

/** Model answers. */
export const text = (words: string): ModelAnswer => ({
  blocks: [{ type: "text", text: words }],
  stop_reason: "end_turn",
});
export const calls = (...blocks: ModelAnswer["blocks"]): ModelAnswer => ({ blocks, stop_reason: "tool_use" });
export const callBash = (as: Name, command: string): ModelAnswer["blocks"][number] => ({
  type: "tool_use",
  as,
  name: "bash",
  input: { command },
});
export const callLookup = (as: Name, input: Record<string, unknown> = {}): ModelAnswer["blocks"][number] => ({
  type: "tool_use",
  as,
  name: LOOKUP,
  input,
});

/** Tools. */
export const LOOKUP = "lookup";
export const SANDBOX: AgentTools = [{ type: "agent_toolset_20260401" }];
/** Every sandbox tool asks first. */
export const ASKING: AgentTools = [
  { type: "agent_toolset_20260401", default_config: { permission_policy: { type: "always_ask" } } },
];
/** `bash` asks, `read` and `write` do not. */
export const BASH_ASKS: AgentTools = [
  { type: "agent_toolset_20260401", configs: [{ name: "bash", permission_policy: { type: "always_ask" } }] },
];
export const CUSTOM: AgentTools = [
  { type: "custom", name: LOOKUP, description: "Looks a word up.", input_schema: { type: "object" } },
];
