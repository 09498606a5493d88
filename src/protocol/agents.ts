/** Agents (spec/core.md §2): `Agent` as answered, `AgentCreate` and `AgentUpdate` as sent, `SessionAgent` as a session keeps it. */
import { z } from "zod";
import { agentConflict } from "./agent-rules.ts";
import { Metadata, metadataParams, metadataPatch, NonEmpty, Timestamp, text } from "./fields.ts";
import { ModelConfig, ModelParam } from "./model-config.ts";
import { AdvisorEntry, Multiagent, MultiagentParams, multiagent } from "./multiagent.ts";
import { bounded, bounds, flag, pageCursor, pageLimit, queryReader, time } from "./queries.ts";
import { Skill, SkillParams } from "./skills.ts";
import { MAX_SERVER_NAME, Tool, ToolParams } from "./tools.ts";

/** Characters. */
export const MAX_AGENT_NAME = 256;
/** Characters. */
export const MAX_AGENT_DESCRIPTION = 2_048;
/** Characters (code points, not bytes). */
export const MAX_SYSTEM = 100_000;
/** Entries of `tools`. */
export const MAX_TOOLS = 256;
/** Entries of `mcp_servers`. */
export const MAX_MCP_SERVERS = 20;
/** Characters of an MCP server's URL. */
export const MAX_MCP_URL = 2_048;
/** Entries of `skills`. */
export const MAX_SKILLS = 500;
/** UTF-8 bytes of a definition as JSON: it is one row here and one in the session, and a page of them must fit a Worker. */
export const MAX_DEFINITION_BYTES = 1024 * 1024;
/** Characters of a role's ARN. */
export const MAX_ROLE_ARN = 2_048;

export const ExecutionIdentity = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("service_account") }),
  z.strictObject({ type: z.literal("aws_role"), role_arn: text(1, MAX_ROLE_ARN) }),
]);
export type ExecutionIdentity = z.infer<typeof ExecutionIdentity>;

export const McpServer = z.object({ type: z.literal("url"), name: z.string(), url: z.string() });
export type McpServer = z.infer<typeof McpServer>;

/** Servers are remote ones (spec/core.md §6). @inferred that another URL is refused at the write */
function isRemote(url: string): boolean {
  return URL.canParse(url) && ["http:", "https:"].includes(new URL(url).protocol);
}

export const McpServerParams = z.strictObject({
  type: z.literal("url"),
  name: text(1, MAX_SERVER_NAME),
  url: text(1, MAX_MCP_URL).refine(isRemote, "must be an http or https URL such as https://mcp.example.com/mcp"),
});
export type McpServerParams = z.infer<typeof McpServerParams>;

/** What an agent runs with; the same on the agent, the session and the thread. */
const definition = {
  type: z.literal("agent"),
  id: z.string(),
  version: z.int(),
  name: z.string(),
  description: z.string().nullable(),
  model: ModelConfig,
  system: z.string().nullable(),
  tools: z.array(Tool),
  mcp_servers: z.array(McpServer),
  skills: z.array(Skill),
  execution_identity: ExecutionIdentity,
};

export const Agent = z.object({
  ...definition,
  multiagent: Multiagent.nullable(),
  metadata: Metadata,
  created_at: Timestamp,
  updated_at: Timestamp,
  archived_at: Timestamp.nullable(),
});
export type Agent = z.infer<typeof Agent>;

/** The snapshot a thread runs: no roster. */
export const SessionThreadAgent = z.object(definition);
export type SessionThreadAgent = z.infer<typeof SessionThreadAgent>;

/** The snapshot a session runs: the roster holds whole definitions. */
export const SessionAgent = z.object({ ...definition, multiagent: multiagent(SessionThreadAgent).nullable() });
export type SessionAgent = z.infer<typeof SessionAgent>;

/** An agent that exists only in a thread, without id and version. */
export const InlineAgent = SessionThreadAgent.omit({ id: true, version: true }).extend({ type: z.literal("inline") });

/** What a thread may run. */
export const ThreadAgent = z.discriminatedUnion("type", [SessionThreadAgent, AdvisorEntry, InlineAgent]);

/** A request's fields that a session may override one by one. */
export const SystemParams = text(0, MAX_SYSTEM);
export const ToolsParams = z.array(ToolParams).max(MAX_TOOLS, `must have at most ${MAX_TOOLS} entries`);
export const McpServersParams = z
  .array(McpServerParams)
  .max(MAX_MCP_SERVERS, `must have at most ${MAX_MCP_SERVERS} entries`);
export const SkillsParams = z.array(SkillParams).max(MAX_SKILLS, `must have at most ${MAX_SKILLS} entries`);

/** The body of `POST /v1/agents`, rules between its fields included (`agent-rules.ts`). */
export const AgentCreate = z
  .strictObject({
    name: text(1, MAX_AGENT_NAME),
    model: ModelParam,
    description: text(0, MAX_AGENT_DESCRIPTION).nullish(),
    system: SystemParams.nullish(),
    tools: ToolsParams.optional(),
    mcp_servers: McpServersParams.optional(),
    skills: SkillsParams.optional(),
    multiagent: MultiagentParams.nullish(),
    metadata: metadataParams().optional(),
    execution_identity: ExecutionIdentity.nullish(),
  })
  .superRefine((agent, ctx) => {
    const conflict = agentConflict(agent);
    if (conflict) ctx.addIssue({ code: "custom", ...conflict });
  });
export type AgentCreate = z.infer<typeof AgentCreate>;

/**
 * The body of `POST /v1/agents/{id}`: an omitted field keeps its value, null clears (not `name` and `model`); `version` is an optional
 * lock. The rules between fields hold for the agent that results: `agentConflict` there.
 */
export const AgentUpdate = z.strictObject({
  name: text(1, MAX_AGENT_NAME).optional(),
  model: ModelParam.optional(),
  description: text(0, MAX_AGENT_DESCRIPTION).nullish(),
  system: SystemParams.nullish(),
  tools: ToolsParams.nullish(),
  mcp_servers: McpServersParams.nullish(),
  skills: SkillsParams.nullish(),
  multiagent: MultiagentParams.nullish(),
  metadata: metadataPatch().nullish(),
  execution_identity: ExecutionIdentity.nullish(),
  version: z.int().min(1).nullish(),
});
export type AgentUpdate = z.infer<typeof AgentUpdate>;

/** An agent in a session's create body: the base and what replaces its parts. Null or an empty list clears; `model` cannot be cleared. */
export const AgentWithOverrides = z.strictObject({
  type: z.literal("agent_with_overrides"),
  id: NonEmpty,
  version: z.int().min(1).optional(),
  model: ModelParam.nullish().superRefine((model, ctx) => {
    if (model !== null) return;
    ctx.addIssue({
      code: "custom",
      message: "cannot be cleared; name a model or leave it out",
      params: { error_code: "agent_model_required" },
    });
  }),
  system: SystemParams.nullish(),
  tools: ToolsParams.nullish(),
  mcp_servers: McpServersParams.nullish(),
  skills: SkillsParams.nullish(),
});
export type AgentWithOverrides = z.infer<typeof AgentWithOverrides>;

const limit = pageLimit(20, 100);

export const agentListQuery = queryReader(
  z
    .strictObject({
      limit,
      page: pageCursor,
      include_archived: flag,
      "created_at[gte]": time,
      "created_at[lte]": time,
    })
    .transform(({ limit, page, include_archived, ...times }) => ({ limit, page, include_archived, ...bounds(times) })),
);

export const agentVersionListQuery = queryReader(z.strictObject({ limit, page: pageCursor }));

export const agentGetQuery = queryReader(z.strictObject({ version: bounded(1, Number.MAX_SAFE_INTEGER).optional() }));
