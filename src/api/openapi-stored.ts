/** The routes of definitions: agents, environments, models. */
import { Agent, AgentCreate, AgentUpdate } from "../protocol/agents.ts";
import { Environment, EnvironmentCreate, EnvironmentDeleted, EnvironmentUpdate } from "../protocol/environments.ts";
import { ModelInfo } from "../protocol/models.ts";
import { page, pageById } from "../protocol/page.ts";
import * as queries from "../protocol/queries.ts";
import * as examples from "./openapi-examples.ts";
import type { RouteLine } from "./openapi-line.ts";

export const STORED: RouteLine[] = [
  {
    route: "POST /v1/agents",
    id: "createAgent",
    tag: "Agents",
    summary: "Create an agent",
    body: AgentCreate,
    example: examples.agent,
    answer: Agent,
  },
  {
    route: "GET /v1/agents",
    id: "listAgents",
    tag: "Agents",
    summary: "List agents, newest first",
    query: queries.agentListQuery.schema,
    answer: page(Agent),
  },
  {
    route: "GET /v1/agents/{agent_id}",
    id: "getAgent",
    tag: "Agents",
    summary: "Get an agent, or one version of it",
    query: queries.agentGetQuery.schema,
    answer: Agent,
  },
  {
    route: "POST /v1/agents/{agent_id}",
    id: "updateAgent",
    tag: "Agents",
    summary: "Update an agent: what changes becomes its next version",
    body: AgentUpdate,
    example: examples.agentUpdate,
    answer: Agent,
    refusals: [409],
  },
  {
    route: "POST /v1/agents/{agent_id}/archive",
    id: "archiveAgent",
    tag: "Agents",
    summary: "Archive an agent",
    answer: Agent,
  },
  {
    route: "GET /v1/agents/{agent_id}/versions",
    id: "listAgentVersions",
    tag: "Agents",
    summary: "List the versions of an agent",
    query: queries.agentVersionListQuery.schema,
    answer: page(Agent),
  },
  {
    route: "POST /v1/environments",
    id: "createEnvironment",
    tag: "Environments",
    summary: "Create an environment",
    body: EnvironmentCreate,
    example: examples.environment,
    answer: Environment,
    refusals: [409],
  },
  {
    route: "GET /v1/environments",
    id: "listEnvironments",
    tag: "Environments",
    summary: "List environments, newest first",
    query: queries.environmentListQuery.schema,
    answer: page(Environment),
  },
  {
    route: "GET /v1/environments/{environment_id}",
    id: "getEnvironment",
    tag: "Environments",
    summary: "Get an environment",
    answer: Environment,
  },
  {
    route: "POST /v1/environments/{environment_id}",
    id: "updateEnvironment",
    tag: "Environments",
    summary: "Update an environment",
    body: EnvironmentUpdate,
    example: examples.environmentUpdate,
    answer: Environment,
    refusals: [409],
  },
  {
    route: "DELETE /v1/environments/{environment_id}",
    id: "deleteEnvironment",
    tag: "Environments",
    summary: "Delete an environment that no session uses",
    answer: EnvironmentDeleted,
    refusals: [409],
  },
  {
    route: "POST /v1/environments/{environment_id}/archive",
    id: "archiveEnvironment",
    tag: "Environments",
    summary: "Archive an environment",
    answer: Environment,
  },
  {
    route: "GET /v1/models",
    id: "listModels",
    tag: "Models",
    summary: "List models, newest first",
    query: queries.modelListQuery.schema,
    answer: pageById(ModelInfo),
  },
  { route: "GET /v1/models/{model_id}", id: "getModel", tag: "Models", summary: "Get a model", answer: ModelInfo },
];
