/** What methods that work refuse of what the wire allows: each is a call that must be refused by name until the thing is there. */
import type { Call } from "./present.ts";
import { freshSession } from "./scene.ts";

interface Part {
  /** As the table says it. */
  what: string;
  call: Call;
}

const OUTCOME = {
  type: "user.define_outcome" as const,
  description: "A clean report",
  rubric: { type: "text" as const, content: "It is short." },
};
const MCP = {
  mcp_servers: [{ type: "url" as const, name: "docs", url: "https://docs.example/mcp" }],
  tools: [{ type: "mcp_toolset" as const, mcp_server_name: "docs" }],
};
const SKILLS = {
  skills: [{ type: "anthropic" as const, skill_id: "xlsx" }],
  tools: [{ type: "agent_toolset_20260401" as const }],
};

/** A session of an agent that needs something that does not run yet. */
function withAgent(fields: object): Call {
  return async ({ client, lab, environment }) => {
    const agent = (await lab.agent(client, fields)).id;
    return client.beta.sessions.create({ agent, environment_id: environment });
  };
}

function withEnvironment(config: object): Call {
  return async ({ client, lab, agent }) => {
    const made = await client.beta.environments.create({ name: lab.word("part"), config: config as never });
    return client.beta.sessions.create({ agent, environment_id: made.id });
  };
}

function withFields(fields: object): Call {
  return ({ client, agent, environment }) =>
    client.beta.sessions.create({ agent, environment_id: environment, ...fields });
}

function withEvent(event: object): Call {
  return async (scene) =>
    scene.client.beta.sessions.events.send(await freshSession(scene), { events: [event as typeof OUTCOME] });
}

export const PARTIAL: Record<string, Part[]> = {
  "sessions.create": [
    { what: "MCP servers", call: withAgent(MCP) },
    { what: "skills", call: withAgent(SKILLS) },
    { what: "rosters", call: withAgent({ multiagent: { type: "coordinator", agents: [{ type: "self" }] } }) },
    {
      what: "web tools named in `configs`",
      call: withAgent({ tools: [{ type: "agent_toolset_20260401", configs: [{ name: "web_search" }] }] }),
    },
    {
      what: "the policy `auto`",
      call: withAgent({
        tools: [{ type: "agent_toolset_20260401", default_config: { permission_policy: { type: "auto" } } }],
      }),
    },
    { what: "self-hosted environments", call: withEnvironment({ type: "self_hosted" }) },
    {
      what: "limited networking",
      call: withEnvironment({ type: "cloud", networking: { type: "limited", allowed_hosts: ["docs.example"] } }),
    },
    { what: "packages", call: withEnvironment({ type: "cloud", packages: { pip: ["numpy"] } }) },
    { what: "vaults", call: withFields({ vault_ids: ["vlt_01"] }) },
    { what: "resources", call: withFields({ resources: [{ type: "file", file_id: "file_01" }] }) },
    { what: "outcomes", call: withFields({ initial_events: [OUTCOME] }) },
  ],
  "sessions.update": [
    { what: "MCP servers", call: ({ client, session }) => client.beta.sessions.update(session, { agent: MCP }) },
  ],
  "sessions.events.send": [
    { what: "outcomes", call: withEvent(OUTCOME) },
    {
      what: "uploaded files as sources",
      call: withEvent({
        type: "user.message",
        content: [{ type: "document", source: { type: "file", file_id: "file_01" } }],
      }),
    },
  ],
};
