/** `/v1/agents` (spec/core.md §2). */

import { archiveAgent, listAgents, listVersions } from "../../catalog/agents.ts";
import { listName } from "../../catalog/cursor.ts";
import * as wire from "../../protocol/agents.ts";
import { missing } from "../../protocol/errors.ts";
import * as modelConfig from "../../protocol/model-config.ts";
import * as multiagents from "../../protocol/multiagent.ts";
import { page } from "../../protocol/page.ts";
import * as permissions from "../../protocol/permissions.ts";
import * as skills from "../../protocol/skills.ts";
import * as tools from "../../protocol/tools.ts";
import * as webTools from "../../protocol/web-tools.ts";
import { agentOf, createAgent, updateAgent } from "../../services/write-agent.ts";
import { nowMicros } from "../context.ts";
import { paginate } from "../list.ts";
import { callerOf, platformOf } from "../platform.ts";
import { type RouteGroup, route } from "../route.ts";

const group: RouteGroup = {
  tag: "Agents",
  about: "Versioned definitions: a model, a system prompt and tools.",
  gate: "beta",
  namesWorkspace: true,
  schemas: [wire, tools, webTools, permissions, skills, multiagents, modelConfig],
};

export const agents = [
  route({
    group,
    method: "POST",
    path: "/v1/agents",
    id: "createAgent",
    summary: "Create an agent",
    sdk: ["agents.create"],
    creates: true,
    body: wire.AgentCreate,
    example: {
      name: "Helper",
      model: "claude-haiku-5-5",
      system: "You answer in one sentence.",
      tools: [{ type: "agent_toolset_20260401" }],
    },
    answer: wire.Agent,
    handle: (c, { body }) => createAgent(platformOf(c), callerOf(c), body),
  }),
  route({
    group,
    method: "GET",
    path: "/v1/agents",
    id: "listAgents",
    summary: "List agents, newest first",
    sdk: ["agents.list"],
    query: wire.agentListQuery,
    answer: page(wire.Agent),
    handle: (c, { query }) =>
      paginate(listName("agents", c.var.workspace), query, (slice) =>
        listAgents(c.env.DB, c.var.workspace, slice, query.include_archived),
      ),
  }),
  route({
    group,
    method: "GET",
    path: "/v1/agents/{agent_id}",
    id: "getAgent",
    summary: "Get an agent, or one version of it",
    sdk: ["agents.retrieve"],
    query: wire.agentGetQuery,
    answer: wire.Agent,
    handle: (c, { agent_id, query }) => agentOf(platformOf(c), callerOf(c), agent_id, query.version),
  }),
  route({
    group,
    method: "POST",
    path: "/v1/agents/{agent_id}",
    id: "updateAgent",
    summary: "Update an agent: what changes becomes its next version",
    sdk: ["agents.update"],
    body: wire.AgentUpdate,
    bodyName: "agent",
    example: { system: "You answer in one word.", version: 1 },
    answer: wire.Agent,
    refusals: [409],
    handle: (c, { agent_id, body }) => updateAgent(platformOf(c), callerOf(c), agent_id, body),
  }),
  route({
    group,
    method: "POST",
    path: "/v1/agents/{agent_id}/archive",
    id: "archiveAgent",
    summary: "Archive an agent",
    sdk: ["agents.archive"],
    answer: wire.Agent,
    handle: async (c, { agent_id }) => {
      const agent = await archiveAgent(c.env.DB, c.var.workspace, agent_id, nowMicros());
      if (!agent) throw missing("agent", agent_id);
      return agent;
    },
  }),
  route({
    group,
    method: "GET",
    path: "/v1/agents/{agent_id}/versions",
    id: "listAgentVersions",
    summary: "List the versions of an agent",
    sdk: ["agents.versions.list"],
    query: wire.agentVersionListQuery,
    answer: page(wire.Agent),
    handle: (c, { agent_id, query }) =>
      paginate(listName("versions", c.var.workspace, agent_id), query, async (slice) => {
        const versions = await listVersions(c.env.DB, c.var.workspace, agent_id, slice);
        if (!versions) throw missing("agent", agent_id);
        return versions;
      }),
  }),
];
