/** Rules between the fields of an agent (spec/core.md §2). An update and a session's overrides check them on what results, not on what was sent. */
import type { McpToolsetParams, ToolParams } from "./tools.ts";
import { BUILT_IN_TOOLS } from "./tools.ts";

/** The fields they read; a resolved agent fits as well as a request. */
export interface AgentFields {
  tools?: ToolParams[] | null;
  mcp_servers?: { name: string }[] | null;
  skills?: unknown[] | null;
}

export interface Conflict {
  path: (string | number)[];
  message: string;
}

/** The first rule that is broken, or null. */
export function agentConflict(agent: AgentFields): Conflict | null {
  const tools = agent.tools ?? [];
  return (
    serverConflict(agent.mcp_servers ?? [], tools) ??
    nameConflict(tools) ??
    sourceConflict(tools) ??
    skillConflict(agent.skills ?? [], tools)
  );
}

/** Each server has one toolset and each toolset its server. */
function serverConflict(servers: { name: string }[], tools: ToolParams[]): Conflict | null {
  const names = servers.map((server) => server.name);
  for (const [i, name] of names.entries())
    if (names.indexOf(name) < i)
      return { path: ["mcp_servers", i, "name"], message: `there is another server named ${name}; names are unique` };
  const toolsets = tools.flatMap((tool, i): [number, McpToolsetParams][] =>
    tool.type === "mcp_toolset" ? [[i, tool]] : [],
  );
  const used = toolsets.map(([, toolset]) => toolset.mcp_server_name);
  for (const [n, [i, toolset]] of toolsets.entries()) {
    const path = ["tools", i, "mcp_server_name"];
    if (!names.includes(toolset.mcp_server_name))
      return { path, message: "names no entry of mcp_servers; add the server or remove the toolset" };
    if (used.indexOf(toolset.mcp_server_name) < n)
      return { path, message: "this server has a toolset already; merge the two" };
  }
  const idle = names.findIndex((name) => !used.includes(name));
  if (idle < 0) return null;
  return {
    path: ["mcp_servers", idle],
    message: "no mcp_toolset in tools names this server; add one or remove the server",
  };
}

/** What the model is offered must have distinct names: it refuses a request with a repeated one (spec/messages.md §15). */
function nameConflict(tools: ToolParams[]): Conflict | null {
  const seen = new Set<string>();
  let toolset = false;
  for (const [i, tool] of tools.entries()) {
    if (tool.type === "agent_toolset_20260401") {
      if (toolset) return { path: ["tools", i], message: "there is another agent_toolset_20260401; merge the two" };
      toolset = true;
    }
    const offered = tool.type === "custom" ? [tool.name] : BUILT_IN_TOOLS.filter((name) => enables(tool, name));
    for (const name of offered) {
      if (seen.has(name))
        return {
          path: tool.type === "custom" ? ["tools", i, "name"] : ["tools", i],
          message: `another tool is named ${name}; rename or disable one`,
        };
      seen.add(name);
    }
  }
  return null;
}

/** What `web_fetch` may take URLs from names custom tools of the same agent (spec/core.md §5.3; the SDK's comments). */
function sourceConflict(tools: ToolParams[]): Conflict | null {
  const custom = new Set(tools.flatMap((tool) => (tool.type === "custom" ? [tool.name] : [])));
  for (const [i, tool] of tools.entries()) {
    if (tool.type !== "agent_toolset_20260401") continue;
    for (const [j, config] of (tool.configs ?? []).entries()) {
      const from = config.name === "web_fetch" ? config.url_sources?.client_tool_results : null;
      const named = from && "tools" in from ? from.tools : [];
      const at = named.findIndex(({ name }) => !custom.has(name));
      if (at < 0) continue;
      return {
        path: ["tools", i, "configs", j, "url_sources", "client_tool_results", "tools", at, "name"],
        message: "names no custom tool in tools; add the tool or remove the name",
      };
    }
  }
  return null;
}

function skillConflict(skills: unknown[], tools: ToolParams[]): Conflict | null {
  if (skills.length === 0 || tools.some((tool) => enables(tool, "read"))) return null;
  return { path: ["skills"], message: "need the read tool; enable it in agent_toolset_20260401 or remove the skills" };
}

/** Whether the toolset offers this built-in tool: all are on unless turned off. */
function enables(tool: ToolParams, name: (typeof BUILT_IN_TOOLS)[number]): boolean {
  if (tool.type !== "agent_toolset_20260401") return false;
  const config = tool.configs?.find((one) => one.name === name);
  return config?.enabled ?? tool.default_config?.enabled ?? true;
}
