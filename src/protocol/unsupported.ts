/**
 * What is valid on the wire but does not run yet. The schemas accept it, since the SDK's types do; these functions refuse it by name, so that nothing a
 * client asks for is ignored in silence. Each answers null or the first thing found; a feature that arrives deletes its line.
 */
import type { AgentCreate, AgentUpdate, AgentWithOverrides } from "./agents.ts";
import { type EnvironmentCreate, packageCount } from "./environments.ts";
import type { SessionCreate } from "./sessions.ts";
import { WEB_TOOLS } from "./tools.ts";
import type { EventParams } from "./user-events.ts";

export interface Unsupported {
  /** Dotted, with member names, as in validation messages. */
  path: string;
  /** For the person who sent it; begins with the path. */
  message: string;
}

function refuse(path: string, thing: string, instead = "leave it out"): Unsupported {
  return { path, message: `${path}: ${thing} not supported by this version of Sinew yet; ${instead}` };
}

/** For an agent's body and for the overrides in a session's. `prefix` ends in a dot. */
export function unsupportedAgent(
  agent: AgentCreate | AgentUpdate | AgentWithOverrides,
  prefix = "",
): Unsupported | null {
  const at = (path: string) => prefix + path;
  if (agent.mcp_servers?.length) return refuse(at("mcp_servers"), "MCP servers are");
  if (agent.skills?.length) return refuse(at("skills"), "skills are");
  if ("multiagent" in agent && agent.multiagent) return refuse(at("multiagent"), "multiagent orchestration is");
  if ("execution_identity" in agent && agent.execution_identity?.type === "aws_role")
    return refuse(
      at("execution_identity"),
      "an execution identity of type aws_role is",
      "send service_account or leave it out",
    );
  return unsupportedTools(agent.tools ?? [], at("tools"));
}

function unsupportedTools(tools: NonNullable<AgentUpdate["tools"]>, at: string): Unsupported | null {
  for (const [i, tool] of tools.entries()) {
    const path = `${at}.${i}.${tool.type}`;
    if (tool.type === "mcp_toolset") return refuse(path, "MCP toolsets are");
    if (tool.type === "custom") continue;
    if (tool.default_config?.permission_policy?.type === "auto")
      return auto(`${path}.default_config.permission_policy`);
    for (const [j, config] of (tool.configs ?? []).entries()) {
      const where = `${path}.configs.${j}`;
      if (config.permission_policy?.type === "auto") return auto(`${where}.permission_policy`);
      const web = WEB_TOOLS.some((name) => name === config.name);
      if (web && (config.enabled ?? tool.default_config?.enabled ?? true))
        return refuse(where, `the ${config.name} tool is`, "leave the entry out or set enabled to false");
    }
  }
  return null;
}

const auto = (path: string) => refuse(path, "the permission policy auto is", "send always_allow or always_ask");

export function unsupportedEnvironment(environment: EnvironmentCreate): Unsupported | null {
  const { config } = environment;
  if (config?.type === "self_hosted") return refuse("config.type", "self-hosted environments are", "send cloud");
  if (config?.networking?.type === "limited")
    return refuse("config.networking", "limited networking is", "send unrestricted or leave it out");
  if (packageCount(config?.packages) > 0) return refuse("config.packages", "installing packages is");
  return null;
}

export function unsupportedSession(session: SessionCreate): Unsupported | null {
  if (session.budget) return refuse("budget", "budgets are");
  if (session.resources?.length) return refuse(`resources.0.${session.resources[0]?.type}`, "resources are");
  if (session.vault_ids?.length) return refuse("vault_ids", "vaults are");
  const { agent } = session;
  const overrides =
    typeof agent === "object" && agent.type === "agent_with_overrides" ? unsupportedAgent(agent, "agent.") : null;
  return overrides ?? unsupportedEvents(session.initial_events ?? [], "initial_events");
}

/** For the events of a request or of a session's create body, in order. */
export function unsupportedEvents(events: EventParams[], list = "events"): Unsupported | null {
  for (const [i, event] of events.entries()) {
    const found = unsupportedEvent(event, `${list}.${i}.${event.type.replaceAll(".", "_")}`);
    if (found) return found;
  }
  return null;
}

/** `user.tool_result` is not here: without a self-hosted environment no credential may send it, which the api answers with a 403. */
export function unsupportedEvent(event: EventParams, at: string): Unsupported | null {
  if (event.type === "user.define_outcome") return refuse(at, "outcomes are", "send a user.message");
  if (!("content" in event)) return null;
  for (const [i, block] of (event.content ?? []).entries()) {
    if ((block.type === "image" || block.type === "document") && block.source.type === "file")
      return refuse(`${at}.content.${i}.source`, "uploaded files are", "send the content itself or a URL");
  }
  return null;
}
