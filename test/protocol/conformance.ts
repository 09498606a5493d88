/**
 * The protocol against the official SDK's types, checked by `tsc` alone (spec/toolchain.md §8). Every response of ours is one of theirs, every
 * request of theirs is one that our schema takes. A new field, event or variant of the SDK fails here, by its path. `wrong.ts` shows that these
 * checks can fail.
 */
import type {
  BidirectionalPageCursorResponse,
  PageCursorResponse,
  PageResponse,
} from "@anthropic-ai/sdk/core/pagination";
import type * as SdkAgents from "@anthropic-ai/sdk/resources/beta/agents/agents";
import type * as SdkEnvironments from "@anthropic-ai/sdk/resources/beta/environments/environments";
import type * as SdkEvents from "@anthropic-ai/sdk/resources/beta/sessions/events";
import type * as SdkSessions from "@anthropic-ai/sdk/resources/beta/sessions/sessions";
import type * as SdkThreads from "@anthropic-ai/sdk/resources/beta/sessions/threads/threads";
import type * as SdkModels from "@anthropic-ai/sdk/resources/models";
import type { z } from "zod";
import type * as agentEvents from "../../src/protocol/agent-events.ts";
import type * as agents from "../../src/protocol/agents.ts";
import type * as content from "../../src/protocol/content.ts";
import type * as environments from "../../src/protocol/environments.ts";
import type * as events from "../../src/protocol/events.ts";
import type * as modelConfig from "../../src/protocol/model-config.ts";
import type * as models from "../../src/protocol/models.ts";
import type * as multiagent from "../../src/protocol/multiagent.ts";
import type * as pages from "../../src/protocol/page.ts";
import type * as resources from "../../src/protocol/resources.ts";
import type * as sessionEvents from "../../src/protocol/session-events.ts";
import type * as sessions from "../../src/protocol/sessions.ts";
import type * as skills from "../../src/protocol/skills.ts";
import type * as threads from "../../src/protocol/threads.ts";
import type * as tools from "../../src/protocol/tools.ts";
import type * as usage from "../../src/protocol/usage.ts";
import type * as userEvents from "../../src/protocol/user-events.ts";
import type { Missing, Named, Untyped } from "./compare.ts";

/** A request's body: the SDK's parameters without those that travel as headers. */
export type Body<P> = Omit<P, "betas" | "workspace_id">;

/** Ours is theirs. */
export const answers = {
  agent: (ours: agents.Agent): SdkAgents.BetaManagedAgentsAgent => ours,
  sessionAgent: (ours: agents.SessionAgent): SdkSessions.BetaManagedAgentsSessionAgent => ours,
  threadAgent: (ours: agents.SessionThreadAgent): SdkAgents.BetaManagedAgentsSessionThreadAgent => ours,
  environment: (ours: environments.Environment): SdkEnvironments.BetaEnvironment => ours,
  environmentDeleted: (ours: environments.EnvironmentDeleted): SdkEnvironments.BetaEnvironmentDeleteResponse => ours,
  session: (ours: sessions.Session): SdkSessions.BetaManagedAgentsSession => ours,
  sessionDeleted: (ours: sessions.SessionDeleted): SdkSessions.BetaManagedAgentsDeletedSession => ours,
  thread: (ours: threads.SessionThread): SdkThreads.BetaManagedAgentsSessionThread => ours,
  event: (ours: events.SessionEvent): SdkEvents.BetaManagedAgentsSessionEvent => ours,
  frame: (ours: events.StreamFrame): SdkEvents.BetaManagedAgentsStreamSessionEvents => ours,
  threadFrame: (ours: events.StreamFrame): SdkThreads.BetaManagedAgentsStreamSessionThreadEvents => ours,
  sent: (ours: events.EventsSent): SdkEvents.BetaManagedAgentsSendSessionEvents => ours,
  model: (ours: models.ModelInfo): SdkModels.ModelInfo => ours,
};

/** The envelopes of lists. */
export const envelopes = {
  page: (
    ours: z.output<ReturnType<typeof pages.page<typeof agents.Agent>>>,
  ): PageCursorResponse<SdkAgents.BetaManagedAgentsAgent> => ours,
  bothWays: (
    ours: z.output<ReturnType<typeof pages.pageBothWays<typeof sessions.Session>>>,
  ): BidirectionalPageCursorResponse<SdkSessions.BetaManagedAgentsSession> => ours,
  byId: (
    ours: z.output<ReturnType<typeof pages.pageById<typeof models.ModelInfo>>>,
  ): PageResponse<SdkModels.ModelInfo> => ours,
};

/** Theirs is what our schemas take. */
export const requests = {
  agentCreate: (theirs: Body<SdkAgents.AgentCreateParams>): z.input<typeof agents.AgentCreate> => theirs,
  agentUpdate: (theirs: Body<SdkAgents.AgentUpdateParams>): z.input<typeof agents.AgentUpdate> => theirs,
  environmentCreate: (
    theirs: Body<SdkEnvironments.EnvironmentCreateParams>,
  ): z.input<typeof environments.EnvironmentCreate> => theirs,
  environmentUpdate: (
    theirs: Body<SdkEnvironments.EnvironmentUpdateParams>,
  ): z.input<typeof environments.EnvironmentUpdate> => theirs,
  sessionUpdate: (theirs: Body<SdkSessions.SessionUpdateParams>): z.input<typeof sessions.SessionUpdate> => theirs,
  sessionCreate: (theirs: Body<SdkSessions.SessionCreateParams>): z.input<typeof sessions.SessionCreate> => theirs,
  eventSend: (theirs: Body<SdkEvents.EventSendParams>): z.input<typeof events.EventSend> => theirs,
};

/** No key and no member of a union of theirs, at any depth, is unknown to ours. */
export const missing = {
  agent: {} satisfies Named<Missing<SdkAgents.BetaManagedAgentsAgent, agents.Agent>>,
  sessionAgent: {} satisfies Named<Missing<SdkSessions.BetaManagedAgentsSessionAgent, agents.SessionAgent>>,
  environment: {} satisfies Named<Missing<SdkEnvironments.BetaEnvironment, environments.Environment>>,
  session: {} satisfies Named<Missing<SdkSessions.BetaManagedAgentsSession, sessions.Session>>,
  thread: {} satisfies Named<Missing<SdkThreads.BetaManagedAgentsSessionThread, threads.SessionThread>>,
  event: {} satisfies Named<Missing<SdkEvents.BetaManagedAgentsSessionEvent, events.SessionEvent>>,
  frame: {} satisfies Named<Missing<SdkEvents.BetaManagedAgentsStreamSessionEvents, events.StreamFrame>>,
  sent: {} satisfies Named<Missing<SdkEvents.BetaManagedAgentsSendSessionEvents, events.EventsSent>>,
  model: {} satisfies Named<Missing<SdkModels.ModelInfo, models.ModelInfo>>,
  agentCreate: {} satisfies Named<Missing<Body<SdkAgents.AgentCreateParams>, z.input<typeof agents.AgentCreate>>>,
  agentUpdate: {} satisfies Named<Missing<Body<SdkAgents.AgentUpdateParams>, z.input<typeof agents.AgentUpdate>>>,
  environmentCreate: {} satisfies Named<
    Missing<Body<SdkEnvironments.EnvironmentCreateParams>, z.input<typeof environments.EnvironmentCreate>>
  >,
  environmentUpdate: {} satisfies Named<
    Missing<Body<SdkEnvironments.EnvironmentUpdateParams>, z.input<typeof environments.EnvironmentUpdate>>
  >,
  sessionCreate: {} satisfies Named<
    Missing<Body<SdkSessions.SessionCreateParams>, z.input<typeof sessions.SessionCreate>>
  >,
  sessionUpdate: {} satisfies Named<
    Missing<Body<SdkSessions.SessionUpdateParams>, z.input<typeof sessions.SessionUpdate>>
  >,
  eventSend: {} satisfies Named<Missing<Body<SdkEvents.EventSendParams>, z.input<typeof events.EventSend>>>,
};

/** Every value of theirs that is one of a fixed set is one of ours. */
export const values = {
  eventType: (theirs: SdkEvents.BetaManagedAgentsSessionEventType): events.EventType => theirs,
  deltaType: (theirs: SdkSessions.BetaManagedAgentsDeltaType): events.DeltaType => theirs,
  status: (theirs: SdkSessions.BetaManagedAgentsSession["status"]): sessions.SessionStatus => theirs,
  refusal: (
    theirs: SdkEvents.BetaManagedAgentsSessionRefusalStopDetails["category"],
  ): sessionEvents.StopDetails["category"] => theirs,
  line: (theirs: SdkModels.ModelInfo["line"]): models.ModelInfo["line"] => theirs,
  lifecycle: (theirs: SdkModels.ModelInfo["lifecycle"]): models.ModelInfo["lifecycle"] => theirs,
};

/** What each schema of a module gives. */
type Outputs<Module> = { [K in keyof Module]: Module[K] extends z.ZodType ? z.output<Module[K]> : never };
/** The one free-form value: a tool's input, as the model wrote it. */
type FreeForm = `.ToolInput.*` | `${string}.input.*`;

/** Nothing that a schema gives is `any` or `unknown`. */
export const typed = {
  agentEvents: {} satisfies Named<Exclude<Untyped<Outputs<typeof agentEvents>>, FreeForm>>,
  agents: {} satisfies Named<Untyped<Outputs<typeof agents>>>,
  content: {} satisfies Named<Untyped<Outputs<typeof content>>>,
  environments: {} satisfies Named<Untyped<Outputs<typeof environments>>>,
  events: {} satisfies Named<Exclude<Untyped<Outputs<typeof events>>, FreeForm>>,
  modelConfig: {} satisfies Named<Untyped<Outputs<typeof modelConfig>>>,
  models: {} satisfies Named<Untyped<Outputs<typeof models>>>,
  multiagent: {} satisfies Named<Untyped<Outputs<typeof multiagent>>>,
  resources: {} satisfies Named<Untyped<Outputs<typeof resources>>>,
  sessionEvents: {} satisfies Named<Untyped<Outputs<typeof sessionEvents>>>,
  sessions: {} satisfies Named<Untyped<Outputs<typeof sessions>>>,
  skills: {} satisfies Named<Untyped<Outputs<typeof skills>>>,
  threads: {} satisfies Named<Untyped<Outputs<typeof threads>>>,
  tools: {} satisfies Named<Untyped<Outputs<typeof tools>>>,
  usage: {} satisfies Named<Untyped<Outputs<typeof usage>>>,
  userEvents: {} satisfies Named<Untyped<Outputs<typeof userEvents>>>,
};
