/** Right values to start from, one per kind of body. Controls spoil them one field at a time. */
import { idOf, stampOf } from "../../golden/expand.ts";
import type { Kind } from "../validator.ts";

const CREATED = "2026-11-22T09:00:00.123Z";
const MODEL = { id: "claude-opus-5-5", effort: { type: "medium" }, speed: "standard" };
const TOOLSET = {
  type: "agent_toolset_20260401",
  default_config: { enabled: true, permission_policy: { type: "always_allow" } },
  configs: [{ name: "bash", type: "bash", enabled: true, permission_policy: { type: "always_ask" } }],
};
const CUSTOM_TOOL = {
  type: "custom",
  name: "lookup",
  description: "Looks a word up.",
  input_schema: { type: "object", properties: { id: { type: "string" } }, additionalProperties: false },
};
const DEFINITION = {
  description: null,
  execution_identity: { type: "service_account" },
  mcp_servers: [],
  model: MODEL,
  name: "golden",
  skills: [],
  system: "Be brief.",
  tools: [TOOLSET, CUSTOM_TOOL],
};
const RUNS = { id: idOf("agent", "agent"), type: "agent", version: 1, ...DEFINITION };
const USAGE = { input_tokens: 3, output_tokens: 2, active_seconds: 1, list_cost: { amount: "12", currency: "USD" } };

const agent = {
  ...RUNS,
  archived_at: null,
  created_at: CREATED,
  updated_at: CREATED,
  metadata: { team: "tests" },
  multiagent: null,
};
const environment = {
  id: idOf("environment", "env"),
  type: "environment",
  name: "cloud",
  description: null,
  scope: "organization",
  metadata: {},
  archived_at: null,
  created_at: CREATED,
  updated_at: CREATED,
  config: {
    type: "cloud",
    networking: { type: "unrestricted" },
    packages: { type: "packages", apt: [], cargo: [], gem: [], go: [], npm: [], pip: [] },
  },
};
const session = {
  id: idOf("session", "sesn"),
  type: "session",
  agent: { ...RUNS, multiagent: null },
  environment_id: environment.id,
  archived_at: null,
  budget: null,
  created_at: CREATED,
  updated_at: CREATED,
  metadata: {},
  outcome_evaluations: [],
  resources: [],
  stats: { active_seconds: 1.5, duration_seconds: 3 },
  status: "idle",
  title: null,
  usage: USAGE,
  vault_ids: [],
};
const thread = {
  id: idOf("@thread", "sthr"),
  type: "session_thread",
  agent: RUNS,
  archived_at: null,
  created_at: CREATED,
  updated_at: CREATED,
  parent_thread_id: null,
  session_id: session.id,
  stats: null,
  status: "idle",
  usage: null,
  workflow_run_id: null,
};
const model = {
  id: "claude-opus-5-5",
  type: "model",
  capabilities: null,
  created_at: "2026-10-01T00:00:00Z",
  deprecated_at: null,
  display_name: "Opus",
  lifecycle: "active",
  line: "opus",
  max_input_tokens: 1000000,
  max_tokens: 64000,
  retires_at: null,
};
const betaModel = { ...model, allowed_fallback_models: null };
const message = {
  id: idOf("@message"),
  type: "user.message",
  content: [{ type: "text", text: "hello" }],
  processed_at: stampOf(1),
};
const page = (one: unknown) => ({ data: [one], next_page: null });
const idPage = (one: { id: string }) => ({ data: [one], has_more: false, first_id: one.id, last_id: one.id });

export const SAMPLES: Record<Kind, object> = {
  session,
  session_deleted: { id: session.id, type: "session_deleted" },
  sessions_page: { ...page(session), prev_page: null },
  thread,
  threads_page: page(thread),
  agent,
  agents_page: page(agent),
  environment,
  environment_deleted: { id: environment.id, type: "environment_deleted" },
  environments_page: page(environment),
  model,
  models_page: idPage(model),
  beta_model: betaModel,
  beta_models_page: idPage(betaModel),
  event: message,
  events_page: page(message),
  events_sent: { data: [message] },
  frame: { type: "event_start", event: { id: message.id, type: "agent.message" } },
  thread_frame: { type: "event_start", event: { id: message.id, type: "agent.thinking" } },
  error: {
    type: "error",
    error: { type: "invalid_request_error", message: "name: required", details: { error_code: "invalid_metadata" } },
    request_id: idOf("request", "req"),
  },
};

/** A deep copy with one place changed: `spoil(session, "/agent/id", 3)`; undefined removes the key. */
export function spoil<T>(value: T, path: string, to: unknown): T {
  const copy = structuredClone(value);
  const keys = path.split("/").slice(1);
  const last = keys.pop() ?? "";
  let owner = copy as Record<string, unknown>;
  for (const key of keys) owner = owner[key] as Record<string, unknown>;
  if (to === undefined) delete owner[last];
  else owner[last] = to;
  return copy;
}
