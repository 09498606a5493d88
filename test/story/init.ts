/** What a session keeps from its creation, as the Worker makes it of a session and its agent. */
import { newId } from "../../src/protocol/ids.ts";
import type { SessionInit } from "../../src/session/rpc.ts";
import type { AgentTools } from "./format.ts";

type ResolvedTools = SessionInit["agent"]["tools"];
const ALLOWED = { enabled: true, permission_policy: { type: "always_allow" } } as const;

/** Tools as they were sent, with what they leave open filled in (src/api/toolset.ts for those that stories use). */
export const resolved = (tools: AgentTools): ResolvedTools =>
  tools.map((tool): ResolvedTools[number] => {
    if (tool.type !== "agent_toolset_20260401") return tool as ResolvedTools[number];
    const default_config = { ...ALLOWED, ...(tool.default_config as object) };
    const configs = (tool.configs ?? []).map((config) => ({ type: config.name, ...default_config, ...config }));
    return { type: tool.type, default_config, configs: configs as never };
  });

/** A session of the workspace `default`; its agent has no tools unless they are given. */
export const sessionInit = (tools: AgentTools = [], more: Partial<SessionInit> = {}): SessionInit => ({
  id: newId("sesn"),
  threadId: newId("sthr"),
  workspace: "default",
  createdAt: Date.now() * 1000,
  environmentId: newId("env"),
  title: null,
  metadata: {},
  agent: {
    type: "agent",
    id: newId("agent"),
    version: 1,
    name: "story",
    description: null,
    system: null,
    model: { id: "claude-opus-5-5", effort: { type: "medium" }, speed: "standard" },
    tools: resolved(tools),
    mcp_servers: [],
    skills: [],
    multiagent: null,
    execution_identity: { type: "service_account" },
  },
  ...more,
});
