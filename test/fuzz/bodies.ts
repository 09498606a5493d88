/** Valid bodies, several for each route that takes one: what is mutated. `@@…@@` stands for an id that exists (world.ts). */

const AGENT = { name: "Fuzzed", model: "rehearsal" };
const TOOLS = [
  {
    type: "agent_toolset_20260401",
    default_config: { enabled: true, permission_policy: { type: "always_allow" } },
    configs: [
      { name: "bash", enabled: false },
      {
        name: "web_search",
        allowed_domains: ["docs.example.com"],
        user_location: { type: "approximate", city: "Oslo" },
      },
      { name: "web_fetch", max_content_tokens: 1_000, url_sources: { client_tool_results: "all", user_input: "none" } },
    ],
  },
  {
    type: "custom",
    name: "lookup",
    description: "Looks up.",
    input_schema: { type: "object", properties: { q: { type: "string" } }, required: ["q"] },
  },
];
const AGENTS = [
  AGENT,
  { ...AGENT, model: { id: "claude-sonnet-5-5", effort: { type: "high" }, speed: "standard" } },
  { ...AGENT, description: "d", system: "Be brief.", tools: TOOLS, metadata: { team: "a", "": "b" } },
  {
    ...AGENT,
    mcp_servers: [{ type: "url", name: "docs", url: "https://mcp.example.com/sse" }],
    tools: [...TOOLS, { type: "mcp_toolset", mcp_server_name: "docs", configs: [{ name: "find", enabled: true }] }],
    execution_identity: { type: "aws_role", role_arn: "arn:aws:iam::123456789012:role/r" },
  },
  { ...AGENT, skills: [{ type: "anthropic", skill_id: "xlsx", version: "latest" }] },
  { ...AGENT, multiagent: { type: "coordinator", agents: ["@@agent:0@@", { type: "self" }] } },
  {
    ...AGENT,
    multiagent: {
      type: "multiagent_20261001",
      advisor: { type: "enabled", model: "claude-sonnet-5-5" },
      subagents: { type: "enabled", inline_agents: { type: "enabled" }, predefined_agents: ["@@agent:1@@"] },
      workflows: { type: "disabled" },
    },
  },
];

const ENVIRONMENT = { name: "Fuzzed @@word@@", config: { type: "cloud" } };
const ENVIRONMENTS = [
  ENVIRONMENT,
  { ...ENVIRONMENT, description: "d", metadata: { a: "b" }, scope: "organization" },
  {
    ...ENVIRONMENT,
    config: {
      type: "cloud",
      networking: {
        type: "limited",
        allowed_hosts: ["*.example.com"],
        allow_mcp_servers: true,
        allow_package_managers: true,
      },
      packages: { type: "packages", pip: ["pandas==2.2.0"], npm: ["left-pad"], apt: [] },
    },
  },
  { ...ENVIRONMENT, config: { type: "self_hosted" } },
];

const MESSAGE = { type: "user.message", content: [{ type: "text", text: "Hello." }] };
export const EVENTS = [
  MESSAGE,
  {
    type: "user.message",
    content: [
      { type: "text", text: "Look." },
      { type: "image", source: { type: "base64", media_type: "image/png", data: "iVBORw0KGgo=" } },
      { type: "document", title: "t", source: { type: "text", media_type: "text/plain", data: "abc" } },
      { type: "document", source: { type: "url", url: "https://example.com/a.pdf" } },
    ],
  },
  { type: "user.interrupt" },
  { type: "user.tool_confirmation", tool_use_id: "@@event:0@@", result: "deny", deny_message: "No." },
  {
    type: "user.custom_tool_result",
    custom_tool_use_id: "@@event:0@@",
    content: [{ type: "text", text: "42" }],
    is_error: false,
  },
  { type: "user.tool_result", tool_use_id: "@@event:0@@", content: [] },
  { type: "user.define_outcome", description: "d", rubric: { type: "text", content: "r" }, max_iterations: 3 },
  { type: "system.message", content: [{ type: "text", text: "Now in French." }] },
];
const BATCHES = [
  { events: [MESSAGE] },
  { events: [MESSAGE, MESSAGE, EVENTS[1]] },
  { events: [MESSAGE, EVENTS[7]] },
  ...EVENTS.map((event) => ({ events: [event] })),
  { events: [EVENTS[2], MESSAGE] },
];

const SESSION = { agent: "@@agent.kept@@", environment_id: "@@environment.kept@@" };
const SESSIONS = [
  SESSION,
  { ...SESSION, title: "t", metadata: { a: "b" }, initial_events: [MESSAGE] },
  { ...SESSION, agent: { type: "agent", id: "@@agent.kept@@", version: 1 } },
  {
    ...SESSION,
    agent: {
      type: "agent_with_overrides",
      id: "@@agent.kept@@",
      system: null,
      tools: TOOLS,
      model: { id: "rehearsal" },
    },
    initial_events: [MESSAGE, EVENTS[6]],
  },
  { ...SESSION, budget: { type: "token_budget", max_tokens: 1_000 }, vault_ids: [], resources: [] },
  { ...SESSION, resources: [{ type: "file", file_id: "file_1", mount_path: "/workspace/a" }], vault_ids: ["vlt_1"] },
];

/** A workspace that nobody here uses: stopping the one under test would end the fuzz. */
const OPERATED = { workspace: "third" };

const BY_ROUTE: Record<string, readonly object[]> = {
  "/v1/agents": AGENTS,
  "/v1/agents/:id": [
    ...AGENTS,
    { version: 1, name: "Other" },
    { metadata: { team: null } },
    { tools: null, system: null },
  ],
  "/v1/environments": ENVIRONMENTS,
  "/v1/environments/:id": [...ENVIRONMENTS, { description: null }, { metadata: { a: null } }],
  "/v1/sessions": SESSIONS,
  "/v1/sessions/:id": [
    { title: "t" },
    { metadata: { a: null, b: "c" } },
    { agent: { tools: TOOLS } },
    { budget: null },
  ],
  "/v1/sessions/:id/events": BATCHES,
  "/x/tickets": [{ session_id: "@@session:0@@", access: "read_write" }, { session_id: "@@session:1@@" }],
  "/x/operator/stop": [{ ...OPERATED, reason: "A test." }],
  "/x/operator/start": [OPERATED],
  "/x/operator/limits": [{ ...OPERATED, running_sessions: 3, cents_per_day: null }],
  "/x/operator/keys/revoke": [{ name: "third/fuzz" }],
  "/x/operator/keys/restore": [{ name: "third/fuzz" }],
  "/x/operator/interrupt": [{ session_id: "@@session:0@@" }, { session_id: "@@session:1@@" }],
};

/** Bodies for a route; one that is not known here, a new one, gets those of all others. */
export function bodiesOf(path: string): readonly object[] {
  return BY_ROUTE[path] ?? [{}, ...Object.values(BY_ROUTE).flat()];
}
