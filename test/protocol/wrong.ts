/**
 * Deliberate mistakes: each must fail `tsc`, or `tsc` fails because it did not. First upgrades of the SDK that `conformance.ts` has to notice, then
 * answers and requests that a careless hand could write.
 */
import type * as SdkAgents from "@anthropic-ai/sdk/resources/beta/agents/agents";
import type * as SdkEnvironments from "@anthropic-ai/sdk/resources/beta/environments/environments";
import type * as SdkEvents from "@anthropic-ai/sdk/resources/beta/sessions/events";
import type * as SdkSessions from "@anthropic-ai/sdk/resources/beta/sessions/sessions";
import type { z } from "zod";
import type { Agent, AgentCreate, AgentUpdate, SessionAgent } from "../../src/protocol/agents.ts";
import type { Environment, EnvironmentCreate } from "../../src/protocol/environments.ts";
import type { EventOf, EventSend, SessionEvent, StreamFrame } from "../../src/protocol/events.ts";
import type { ModelInfo } from "../../src/protocol/models.ts";
import type { Session, SessionCreate } from "../../src/protocol/sessions.ts";
import type { SessionThread } from "../../src/protocol/threads.ts";
import type { Tool } from "../../src/protocol/tools.ts";
import type { Missing, Named, Untyped } from "./compare.ts";
import type { Body } from "./conformance.ts";

type Sdk = SdkEvents.BetaManagedAgentsSessionEvent;
type Cloud = SdkEnvironments.BetaCloudConfig;

/** What a later SDK may bring. */
export const upgrades = [
  // @ts-expect-error a new optional field of an answer
  {} satisfies Named<Missing<SdkAgents.BetaManagedAgentsAgent & { tags?: string[] }, Agent>>,
  // @ts-expect-error a new field three levels down
  {} satisfies Named<Missing<{ config: Cloud & { networking: { audit?: boolean } } }, Environment>>,
  // @ts-expect-error a new field inside a list
  {} satisfies Named<
    Missing<{ skills: { type: "custom"; skill_id: string; version: string; pinned?: boolean }[] }, Agent>
  >,
  // @ts-expect-error a new event type
  {} satisfies Named<Missing<Sdk | { type: "agent.retired"; id: string }, SessionEvent>>,
  // @ts-expect-error a new optional field of one event
  {} satisfies Named<
    Missing<Sdk | (SdkEvents.BetaManagedAgentsAgentThinkingEvent & { tokens?: number }), SessionEvent>
  >,
  // @ts-expect-error a new kind of error
  {} satisfies Named<Missing<{ type: "session.error"; error: { type: "quota_error"; message: string } }, SessionEvent>>,
  // @ts-expect-error a new kind of content that a client may send
  {} satisfies Named<
    Missing<
      { events: { type: "user.message"; content: { type: "audio"; data: string }[] }[] },
      z.input<typeof EventSend>
    >
  >,
  // @ts-expect-error a new optional field of a request
  {} satisfies Named<Missing<Body<SdkAgents.AgentCreateParams & { labels?: string[] }>, z.input<typeof AgentCreate>>>,
  // @ts-expect-error a new tool type
  {} satisfies Named<
    Missing<{ tools?: ({ type: "custom" } | { type: "browser_20270101" })[] }, z.input<typeof AgentUpdate>>
  >,
  // @ts-expect-error a header's parameter is not part of a body, but would be missed if it were not left out
  {} satisfies Named<Missing<SdkSessions.SessionCreateParams, z.input<typeof SessionCreate>>>,
  // @ts-expect-error an untyped field
  {} satisfies Named<Untyped<{ a: { b: unknown }[] }>>,
  // @ts-expect-error an untyped map
  {} satisfies Named<Untyped<Record<string, never> | Record<string, unknown>>>,
  // @ts-expect-error `any` in an optional field
  {} satisfies Named<Untyped<{ a?: ReturnType<typeof JSON.parse> }>>,
  // @ts-expect-error an event's free-form input, unless it is excepted by name
  {} satisfies Named<Untyped<EventOf<"agent.tool_use">>>,
];

declare const agent: Agent;
declare const session: Session;
declare const thread: SessionThread;
declare const environment: Environment;
declare const model: ModelInfo;
declare const packages: Extract<Environment["config"], { type: "cloud" }>["packages"];
declare const block: { type: "text"; text: string };
declare const at: { id: string; processed_at: string };

/** What our own code must not answer. */
export const answers: [Agent[], SessionAgent[], Session[], SessionThread[], Environment[], ModelInfo[], Tool[]] = [
  [
    // @ts-expect-error the type is "agent"
    { ...agent, type: "Agent" },
    // @ts-expect-error null, not absent
    { ...agent, archived_at: undefined },
    // @ts-expect-error a version is a number
    { ...agent, version: "1" },
    // @ts-expect-error the model is always an object
    { ...agent, model: "claude-opus-5-5" },
    // @ts-expect-error effort is always an object
    { ...agent, model: { id: "claude-opus-5-5", effort: "high" } },
    // @ts-expect-error metadata values are strings
    { ...agent, metadata: { tries: 3 } },
    // @ts-expect-error an execution identity is always there
    { ...agent, execution_identity: null },
    // @ts-expect-error a roster of references, not of ids
    { ...agent, multiagent: { type: "coordinator", agents: ["agent_1"] } },
  ],
  [
    // @ts-expect-error a session's roster holds whole definitions
    { ...session.agent, multiagent: { type: "coordinator", agents: [{ type: "agent", id: "a", version: 1 }] } },
  ],
  [
    // @ts-expect-error there is no such status
    { ...session, status: "paused" },
    // @ts-expect-error null, not absent
    { ...session, budget: undefined },
    // @ts-expect-error an amount is a string of cents
    { ...session, usage: { list_cost: { amount: 12, currency: "USD" } } },
    // @ts-expect-error cache creation is nested in a session's usage
    { ...session, usage: { cache_creation: 7 } },
  ],
  [
    // @ts-expect-error null, not absent
    { ...thread, workflow_run_id: undefined },
    // @ts-expect-error an advisor names its model
    { ...thread, agent: { type: "advisor" } },
  ],
  [
    // @ts-expect-error packages are fully expanded
    { ...environment, config: { type: "cloud", networking: { type: "unrestricted" }, packages: { type: "packages" } } },
    // @ts-expect-error networking is always there
    { ...environment, config: { type: "cloud", packages } },
  ],
  [
    // @ts-expect-error a capability is an object
    { ...model, capabilities: { batch: true } },
    // @ts-expect-error null, not absent
    { ...model, retires_at: undefined },
  ],
  [
    // @ts-expect-error a resolved toolset has a default_config
    { type: "agent_toolset_20260401", configs: [] },
    // @ts-expect-error a resolved default has its policy
    { type: "mcp_toolset", mcp_server_name: "s", configs: [], default_config: { enabled: true } },
  ],
];

export const stored: SessionEvent[] = [
  // @ts-expect-error an idle event says why
  { ...at, type: "session.status_idle" },
  // @ts-expect-error stop_details is null where there is nothing to say, never absent
  { ...at, type: "session.status_idle", stop_reason: { type: "end_turn" } },
  // @ts-expect-error requires_action names its events
  { ...at, type: "session.status_idle", stop_reason: { type: "requires_action" }, stop_details: null },
  // @ts-expect-error an error says what to expect
  { ...at, type: "session.error", error: { type: "unknown_error", message: "m" } },
  // @ts-expect-error retry_status is an object
  { ...at, type: "session.error", error: { type: "unknown_error", message: "m", retry_status: "retrying" } },
  // @ts-expect-error an MCP result names its call by mcp_tool_use_id
  { ...at, type: "agent.mcp_tool_result", tool_use_id: "sevt_1" },
  // @ts-expect-error a span's usage is flat and whole
  { ...at, type: "span.model_request_end", is_error: false, model_request_start_id: "s", model_usage: {} },
  // @ts-expect-error the server's own events are always stamped
  { id: "sevt_1", type: "agent.thinking" },
  // @ts-expect-error a thread's status names the agent
  { ...at, type: "session.thread_status_running", session_thread_id: "sthr_1" },
  // @ts-expect-error previews are frames, not events
  { type: "event_start", event: { type: "agent.message", id: "sevt_1" } },
];

export const frames: StreamFrame[] = [
  // @ts-expect-error only two types are previewed
  { type: "event_start", event: { type: "agent.tool_use", id: "sevt_1" } },
  // @ts-expect-error a fragment is a block, not a string
  { type: "event_delta", event_id: "sevt_1", delta: { type: "content_delta", content: "Hel" } },
];

export const bodies: [
  z.input<typeof AgentCreate>[],
  z.input<typeof AgentUpdate>[],
  z.input<typeof EnvironmentCreate>[],
  z.input<typeof SessionCreate>[],
  z.input<typeof EventSend>[],
] = [
  [
    // @ts-expect-error a name is required
    { model: "m" },
    // @ts-expect-error no such effort
    { name: "n", model: { id: "m", effort: "extreme" } },
    // @ts-expect-error type must be the name
    { name: "n", model: "m", tools: [{ type: "agent_toolset_20260401", configs: [{ name: "bash", type: "read" }] }] },
    // @ts-expect-error create takes no null metadata
    { name: "n", model: "m", metadata: { a: null } },
  ],
  [
    // @ts-expect-error a name cannot be cleared
    { name: null },
    // @ts-expect-error nor can the model
    { model: null },
  ],
  [
    // @ts-expect-error no such network
    { name: "n", config: { type: "cloud", networking: { type: "none" } } },
  ],
  [
    // @ts-expect-error system.message is not an initial event
    { agent: "a", environment_id: "e", initial_events: [{ type: "system.message", content: [block] }] },
    // @ts-expect-error USD only
    { agent: "a", environment_id: "e", budget: { type: "limit", max_list_cost: { amount: "1", currency: "EUR" } } },
  ],
  [
    // @ts-expect-error content is an array of blocks
    { events: [{ type: "user.message", content: "Hello" }] },
    // @ts-expect-error clients do not send the agent's events
    { events: [{ type: "agent.message", content: [block] }] },
    // @ts-expect-error only text in a system.message
    { events: [{ type: "system.message", content: [{ type: "image", source: { type: "url", url: "u" } }] }] },
  ],
];
