/** The kinds of body that can be validated, and the SDK type that each one is. */
const EVENTS = "resources/beta/sessions/events";
const SESSIONS = "resources/beta/sessions/sessions";
const THREADS = "resources/beta/sessions/threads/threads";
const AGENTS = "resources/beta/agents/agents";
const ENVIRONMENTS = "resources/beta/environments/environments";

export const KINDS = {
  session: [SESSIONS, "BetaManagedAgentsSession"],
  session_deleted: [SESSIONS, "BetaManagedAgentsDeletedSession"],
  sessions_page: [SESSIONS, "BetaManagedAgentsSessionsBidirectionalPageCursor"],
  thread: [THREADS, "BetaManagedAgentsSessionThread"],
  threads_page: [THREADS, "BetaManagedAgentsSessionThreadsPageCursor"],
  agent: [AGENTS, "BetaManagedAgentsAgent"],
  agents_page: [AGENTS, "BetaManagedAgentsAgentsPageCursor"],
  environment: [ENVIRONMENTS, "BetaEnvironment"],
  environment_deleted: [ENVIRONMENTS, "BetaEnvironmentDeleteResponse"],
  environments_page: [ENVIRONMENTS, "BetaEnvironmentsPageCursor"],
  /** `client.models`; `beta_model` is `client.beta.models`, which has more keys. */
  model: ["resources/models", "ModelInfo"],
  models_page: ["resources/models", "ModelInfosPage"],
  beta_model: ["resources/beta/models", "BetaModelInfo"],
  beta_models_page: ["resources/beta/models", "BetaModelInfosPage"],
  /** One stored event, in a list or on a stream. */
  event: [EVENTS, "BetaManagedAgentsSessionEvent"],
  events_page: [EVENTS, "BetaManagedAgentsSessionEventsPageCursor"],
  /** The answer to `POST …/events`. */
  events_sent: [EVENTS, "BetaManagedAgentsSendSessionEvents"],
  /** One frame of a session's stream: a stored event or a preview. */
  frame: [EVENTS, "BetaManagedAgentsStreamSessionEvents"],
  thread_frame: [THREADS, "BetaManagedAgentsStreamSessionThreadEvents"],
} as const satisfies Record<string, readonly [file: string, type: string]>;

/** `error` has no SDK type that names `details`: its schema is written by hand from spec/core.md §1.4. */
export type Kind = keyof typeof KINDS | "error";
