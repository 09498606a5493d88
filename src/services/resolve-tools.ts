/** The resolved echo of tools: a toolset's defaults are filled in, and each supplied entry gets what it left open (spec/core.md §2). */
import type { ToolSettings, ToolSettingsParams } from "../protocol/permissions.ts";
import type { Tool, ToolConfig, ToolConfigParams, ToolParams } from "../protocol/tools.ts";

/** Only entries that were sent are listed. @inferred: whether the hosted echo lists all built-in tools is not known */
export function resolveTool(tool: ToolParams): Tool {
  if (tool.type === "custom") return tool;
  const policy = tool.type === "mcp_toolset" ? "always_ask" : "always_allow";
  const defaults = settle(tool.default_config ?? {}, { enabled: true, permission_policy: { type: policy } });
  if (tool.type === "agent_toolset_20260401")
    return {
      type: tool.type,
      configs: (tool.configs ?? []).map((config) => resolveConfig(config, defaults)),
      default_config: defaults,
    };
  const configs = (tool.configs ?? []).map((config) => ({ name: config.name, ...settle(config, defaults) }));
  return { type: tool.type, mcp_server_name: tool.mcp_server_name, configs, default_config: defaults };
}

function settle(sent: ToolSettingsParams, above: ToolSettings): ToolSettings {
  return {
    enabled: sent.enabled ?? above.enabled,
    permission_policy: sent.permission_policy ?? above.permission_policy,
  };
}

function resolveConfig(config: ToolConfigParams, above: ToolSettings): ToolConfig {
  const settings = settle(config, above);
  if (config.name !== "web_search" && config.name !== "web_fetch")
    return { name: config.name, type: config.name, ...settings } as Extract<ToolConfig, { name: typeof config.name }>;
  const { allowed_domains: allowed, blocked_domains: blocked } = config;
  const domains = {
    ...(allowed ? { allowed_domains: allowed } : {}),
    ...(blocked ? { blocked_domains: blocked } : {}),
  };
  if (config.name === "web_search") {
    const near = config.user_location === undefined ? {} : { user_location: config.user_location };
    return { name: config.name, type: config.name, ...settings, ...domains, ...near };
  }
  const cap = config.max_content_tokens === undefined ? {} : { max_content_tokens: config.max_content_tokens };
  const sent = config.url_sources;
  const sources = sent && {
    client_tool_results: sent.client_tool_results ?? null,
    server_tool_results: sent.server_tool_results ?? null,
    user_input: sent.user_input ?? null,
  };
  return { name: config.name, type: config.name, ...settings, ...domains, ...cap, url_sources: sources ?? null };
}
