import type { SessionInit } from "../../src/session/rpc.ts";

const settings = (name: string, type: string) => ({
  name,
  type: name,
  enabled: type !== "off",
  permission_policy: { type: type === "ask" ? "always_ask" : "always_allow" },
});

/** A session whose model has a tool that runs at once, one that asks first and one that the client answers. */
export const INIT = {
  id: "sesn_01",
  threadId: "sthr_01",
  workspace: "default",
  createdAt: 1_700_000_000_000_000,
  environmentId: "env_01",
  title: null,
  metadata: {},
  agent: {
    type: "agent",
    id: "agent_01",
    version: 1,
    name: "sim",
    description: null,
    model: { id: "claude-opus-5-5", speed: "standard" },
    system: "Work.",
    tools: [
      {
        type: "agent_toolset_20260401",
        default_config: { enabled: false, permission_policy: { type: "always_allow" } },
        configs: [
          settings("bash", "allow"),
          settings("write", "ask"),
          ...["read", "edit", "glob", "grep"].map((name) => settings(name, "off")),
        ],
      },
      { type: "custom", name: "ask_user", description: "Asks.", input_schema: { type: "object" } },
    ],
    mcp_servers: [],
    skills: [],
    multiagent: null,
    metadata: {},
  },
} as unknown as SessionInit;
