import type { SessionInit, SessionPatch } from "../../src/session/rpc.ts";
import type { Intent } from "./script.ts";

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
    execution_identity: { type: "service_account" },
    metadata: {},
  },
} as unknown as SessionInit;

export const budgetOf = (cents: number) =>
  ({ type: "limit", max_list_cost: { amount: String(cents), currency: "USD" } }) as const;

/** Without the tool that asks; with a second custom tool and another description of the first. */
const FEWER = INIT.agent.tools.map((tool) =>
  tool.type === "agent_toolset_20260401"
    ? { ...tool, configs: tool.configs.map((one) => (one.name === "write" ? { ...one, enabled: false } : one)) }
    : tool,
);
const custom = (name: string, description: string) =>
  ({ type: "custom", name, description, input_schema: { type: "object" } }) as const;
const TOOLS = {
  all: INIT.agent.tools,
  fewer: [...FEWER, custom("note", "Takes a note.")],
  other: [...FEWER.filter((tool) => tool.type !== "custom"), custom("ask_user", "Asks somebody.")],
};

export function patchOf({ title, cents, tools }: Extract<Intent, { do: "update" }>): SessionPatch {
  return {
    title,
    ...(cents === undefined ? {} : { budget: cents === null ? null : budgetOf(cents) }),
    ...(tools ? { agent: { tools: TOOLS[tools] } } : {}),
  };
}
