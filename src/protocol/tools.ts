/** Tools of an agent: the built-in toolset, MCP toolsets and custom tools; resolved as in answers, `Params` as sent (spec/core.md §2, §5.1). */
import { z } from "zod";
import { text } from "./fields.ts";
import { JsonValue } from "./json.ts";
import { ToolSettings, ToolSettingsParams } from "./permissions.ts";
import { WebFetchConfig, WebFetchConfigParams, WebSearchConfig, WebSearchConfigParams } from "./web-tools.ts";

export const SANDBOX_TOOLS = ["bash", "read", "write", "edit", "glob", "grep"] as const;
export type SandboxTool = (typeof SANDBOX_TOOLS)[number];
export const WEB_TOOLS = ["web_fetch", "web_search"] as const;
export const BUILT_IN_TOOLS = [...SANDBOX_TOOLS, ...WEB_TOOLS] as const;

/** Characters of a custom tool's or an MCP tool's name. */
export const MAX_TOOL_NAME = 128;
/** Characters of an MCP server's name. */
export const MAX_SERVER_NAME = 255;
/** What the model sees of an MCP tool begins with this; custom tools must not. */
export const MCP_PREFIX = "mcp__";

const config = <T extends SandboxTool>(name: T) =>
  ToolSettings.extend({ name: z.literal(name), type: z.literal(name) });
const configParams = <T extends SandboxTool>(name: T) =>
  ToolSettingsParams.extend({
    name: z.literal(name),
    type: z.literal(name, `must be ${name}, as name is; or leave it out`).optional(),
  });

export const ToolConfig = z.discriminatedUnion("name", [
  config("bash"),
  config("read"),
  config("write"),
  config("edit"),
  config("glob"),
  config("grep"),
  WebFetchConfig,
  WebSearchConfig,
]);
export type ToolConfig = z.infer<typeof ToolConfig>;

export const ToolConfigParams = z.discriminatedUnion("name", [
  configParams("bash"),
  configParams("read"),
  configParams("write"),
  configParams("edit"),
  configParams("glob"),
  configParams("grep"),
  WebFetchConfigParams,
  WebSearchConfigParams,
]);
export type ToolConfigParams = z.infer<typeof ToolConfigParams>;

/** Refuses a name that an earlier entry already has. */
const uniqueNames = (entries: { name: string }[], ctx: z.core.$RefinementCtx) => {
  const seen = new Set<string>();
  const at = entries.findIndex(({ name }) => seen.size === seen.add(name).size);
  if (at < 0) return;
  const message = `${entries[at]?.name} is configured twice; keep one entry`;
  ctx.addIssue({ code: "custom", path: [at, "name"], message });
};

export const AgentToolset = z.object({
  type: z.literal("agent_toolset_20260401"),
  configs: z.array(ToolConfig),
  default_config: ToolSettings,
});
export type AgentToolset = z.infer<typeof AgentToolset>;

export const AgentToolsetParams = z.strictObject({
  type: z.literal("agent_toolset_20260401"),
  configs: z.array(ToolConfigParams).superRefine(uniqueNames).optional(),
  default_config: ToolSettingsParams.nullish(),
});
export type AgentToolsetParams = z.infer<typeof AgentToolsetParams>;

export const McpToolset = z.object({
  type: z.literal("mcp_toolset"),
  mcp_server_name: z.string(),
  configs: z.array(ToolSettings.extend({ name: z.string() })),
  default_config: ToolSettings,
});
export type McpToolset = z.infer<typeof McpToolset>;

export const McpToolsetParams = z.strictObject({
  type: z.literal("mcp_toolset"),
  mcp_server_name: text(1, MAX_SERVER_NAME),
  configs: z
    .array(ToolSettingsParams.extend({ name: text(1, MAX_TOOL_NAME) }))
    .superRefine(uniqueNames)
    .optional(),
  default_config: ToolSettingsParams.nullish(),
});
export type McpToolsetParams = z.infer<typeof McpToolsetParams>;

const InputSchema = z
  .object({
    type: z.literal("object"),
    properties: z.object({}).catchall(JsonValue).nullish(),
    required: z.array(z.string()).nullish(),
  })
  .catchall(JsonValue);

const customName = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,128}$/, `must be 1 to ${MAX_TOOL_NAME} letters, digits, underscores or hyphens`)
  .refine(
    (name) => !name.startsWith(MCP_PREFIX),
    `must not begin with ${MCP_PREFIX}, which names the tools of MCP servers`,
  );

export const CustomTool = z.object({
  type: z.literal("custom"),
  name: z.string(),
  description: z.string(),
  input_schema: InputSchema,
});
export type CustomTool = z.infer<typeof CustomTool>;

export const CustomToolParams = z.strictObject({
  type: z.literal("custom"),
  name: customName,
  description: z.string(),
  input_schema: InputSchema,
});
export type CustomToolParams = z.infer<typeof CustomToolParams>;

export const Tool = z.discriminatedUnion("type", [AgentToolset, McpToolset, CustomTool]);
export type Tool = z.infer<typeof Tool>;

export const ToolParams = z.discriminatedUnion("type", [AgentToolsetParams, McpToolsetParams, CustomToolParams]);
export type ToolParams = z.infer<typeof ToolParams>;
