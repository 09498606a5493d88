/**
 * What is valid on the wire but does not run yet. Agents and environments that name it are stored and echoed; a session that would need it is refused
 * by name, so that nothing a client asks for is ignored in silence. Each answers null or the first thing found; a feature that arrives deletes its
 * line.
 */
import type { Agent } from "./agents.ts";
import { type Environment, packageCount } from "./environments.ts";
import { ApiError, invalid } from "./errors.ts";
import type { SessionCreate } from "./sessions.ts";
import { SANDBOX_TOOLS, type Tool, WEB_TOOLS } from "./tools.ts";
import type { EventParams } from "./user-events.ts";

export interface Unsupported {
  /** Dotted, with member names, as in validation messages. */
  path: string;
  /** For the person who sent it; begins with the path. */
  message: string;
}

/** Valid on the wire but not there yet: a 400 that names it. */
export function refuseUnsupported(found: Unsupported | null): void {
  if (found) throw new ApiError(invalid(found.message));
}

function refuse(path: string, thing: string, instead = "leave it out"): Unsupported {
  return { path, message: `${path}: ${thing} not supported by this version of Sinew yet; ${instead}` };
}

/** What of an agent decides whether a session of it can run: an `Agent` fits, and a session's snapshot of one. */
export type RunAgent = Pick<Agent, "tools" | "mcp_servers" | "skills" | "execution_identity"> & {
  multiagent: { type: string; advisor?: Switch; subagents?: Switch; workflows?: Switch } | null;
};
type Switch = { type: string };

/** For the agent that a session would run: its stored version with the session's overrides, or with the tools that an update gives it. */
export function unsupportedAgent(agent: RunAgent): Unsupported | null {
  if (agent.mcp_servers.length > 0) return refuse("agent.mcp_servers", "MCP servers are", OTHER_AGENT);
  if (agent.skills.length > 0) return refuse("agent.skills", "skills are", OTHER_AGENT);
  if (delegates(agent.multiagent))
    return refuse("agent.multiagent", "multiagent orchestration is", "use an agent without");
  if (agent.execution_identity.type === "aws_role")
    return refuse(
      "agent.execution_identity",
      "an execution identity of type aws_role is",
      "use an agent with service_account",
    );
  return unsupportedTools(agent.tools);
}

const OTHER_AGENT = "use an agent without, or clear them by an override";

/** A configuration in which everything is disabled asks for nothing. */
function delegates(multiagent: RunAgent["multiagent"]): boolean {
  if (multiagent === null) return false;
  const { type, advisor, subagents, workflows } = multiagent;
  return type === "coordinator" || [advisor, subagents, workflows].some((member) => member?.type === "enabled");
}

function unsupportedTools(tools: Tool[]): Unsupported | null {
  for (const [i, tool] of tools.entries()) {
    if (tool.type !== "agent_toolset_20260401") continue;
    const path = `agent.tools.${i}.${tool.type}`;
    const { permission_policy: policy, enabled } = tool.default_config;
    const rest = SANDBOX_TOOLS.filter((name) => !tool.configs.some((config) => config.name === name));
    if (policy.type === "auto" && enabled && rest.length > 0) return auto(`${path}.default_config.permission_policy`);
    for (const [j, config] of tool.configs.entries()) {
      if (!config.enabled) continue;
      const where = `${path}.configs.${j}`;
      if (config.permission_policy.type === "auto") return auto(`${where}.permission_policy`);
      if (WEB_TOOLS.some((name) => name === config.name))
        return refuse(where, `the ${config.name} tool is`, "leave the entry out or set enabled to false");
    }
  }
  return null;
}

const auto = (path: string) => refuse(path, "the permission policy auto is", "use always_allow or always_ask");

/** For the environment that a session names. */
export function unsupportedEnvironment({ config }: Pick<Environment, "config">): Unsupported | null {
  if (config.type === "self_hosted")
    return refuse("environment_id", "a self-hosted environment is", "name one of type cloud");
  if (config.networking.type === "limited")
    return refuse("environment_id", "an environment's limited networking is", "name one with unrestricted networking");
  if (packageCount(config.packages) > 0)
    return refuse("environment_id", "installing an environment's packages is", "name one without packages");
  return null;
}

/** For the rest of a session's create body. */
export function unsupportedSession(session: SessionCreate): Unsupported | null {
  if (session.resources?.length) return refuse(`resources.0.${session.resources[0]?.type}`, "resources are");
  if (session.vault_ids?.length) return refuse("vault_ids", "vaults are");
  return unsupportedEvents(session.initial_events ?? [], "initial_events");
}

/** For the events of a request or of a session's create body, in order. */
export function unsupportedEvents(events: readonly EventParams[], list = "events"): Unsupported | null {
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
