import { describe, expect, test } from "vitest";
import type { z } from "zod";
import { AgentCreate, AgentUpdate } from "../../src/protocol/agents.ts";
import { EnvironmentCreate } from "../../src/protocol/environments.ts";
import { EventSend } from "../../src/protocol/events.ts";
import { SessionCreate, SessionUpdate } from "../../src/protocol/sessions.ts";
import { namedPath } from "../../src/protocol/validation.ts";
import { accepted, refusal } from "./check.ts";

const text = { type: "text", text: "t" };
const url = { type: "url", url: "https://example.com/a" };
const file = { type: "file", file_id: "file_1" };
const source = (type: string, media_type: string) => ({ type, data: "AAAA", media_type });
const names = (type: string, name = "c") => ({ type, tools: [{ type: "tool_reference", name }] });
const policies = ["always_allow", "always_ask", "auto"].map((type) => ({ type }));
const on = {
  type: "enabled",
  inline_agents: { type: "enabled" },
  predefined_agents: ["agent_1", { type: "agent", id: "agent_2" }, { type: "self" }],
};
const off = { type: "disabled" };

const tools = [
  {
    type: "agent_toolset_20260401",
    default_config: { enabled: true, permission_policy: policies[0] },
    configs: [
      ...["bash", "read", "write", "edit", "glob", "grep"].map((name, i) => ({
        name,
        permission_policy: policies[i % 3],
      })),
      {
        name: "web_fetch",
        url_sources: {
          client_tool_results: names("only"),
          server_tool_results: names("except", "web_search"),
          user_input: { type: "none" },
        },
      },
      { name: "web_search", user_location: { type: "approximate", city: "Bern" } },
    ],
  },
  {
    type: "mcp_toolset",
    mcp_server_name: "s",
    default_config: { enabled: true },
    configs: [{ name: "t", enabled: false }],
  },
  { type: "custom", name: "c", description: "d", input_schema: { type: "object" } },
];
const definition = {
  model: { id: "m", effort: { type: "high" } },
  tools,
  mcp_servers: [{ type: "url", name: "s", url: "https://mcp.example.com" }],
  skills: [
    { type: "anthropic", skill_id: "xlsx" },
    { type: "custom", skill_id: "skill_1", version: "1" },
  ],
};
const agent = {
  name: "n",
  ...definition,
  multiagent: { type: "multiagent_20261001", advisor: { type: "enabled", model: "m" }, subagents: on, workflows: off },
  execution_identity: { type: "aws_role", role_arn: "arn" },
};
const blocks = [
  text,
  { type: "image", source: source("base64", "image/png") },
  { type: "image", source: url },
  { type: "image", source: file },
  { type: "document", source: source("base64", "application/pdf") },
  { type: "document", source: source("text", "text/plain") },
  { type: "document", source: url },
  { type: "document", source: file },
];
const found = { type: "search_result", source: "s", title: "t", content: [text], citations: { enabled: true } };
const message = { type: "user.message", content: blocks };
const outcome = (rubric: object) => ({ type: "user.define_outcome", description: "d", rubric });

/** A body for each request, with every object that a client may send somewhere in it. */
const BODIES: [string, z.ZodType, object][] = [
  ["agent", AgentCreate, agent],
  [
    "agent with a role to the service account",
    AgentCreate,
    { ...agent, execution_identity: { type: "service_account" } },
  ],
  [
    "coordinator",
    AgentCreate,
    {
      ...agent,
      multiagent: {
        type: "coordinator",
        agents: [{ type: "self" }, { type: "agent", id: "a" }, { type: "advisor", model: "m" }],
      },
    },
  ],
  ...["low", "medium", "high", "xhigh", "max"].map((type): [string, z.ZodType, object] => [
    `effort ${type}`,
    AgentUpdate,
    { model: { id: "m", effort: { type } } },
  ]),
  ["update", AgentUpdate, { ...agent, version: 1 }],
  [
    "URL sources",
    AgentUpdate,
    {
      tools: [
        {
          type: "agent_toolset_20260401",
          configs: [
            {
              name: "web_fetch",
              url_sources: {
                client_tool_results: { type: "all" },
                server_tool_results: { type: "none" },
                user_input: { type: "all" },
              },
            },
          ],
        },
      ],
    },
  ],
  [
    "environment",
    EnvironmentCreate,
    {
      name: "n",
      config: {
        type: "cloud",
        networking: { type: "limited", allow_package_managers: true },
        packages: { pip: ["p"] },
      },
    },
  ],
  [
    "open environment",
    EnvironmentCreate,
    { name: "n", config: { type: "cloud", networking: { type: "unrestricted" } } },
  ],
  ["self-hosted environment", EnvironmentCreate, { name: "n", config: { type: "self_hosted" } }],
  [
    "session",
    SessionCreate,
    {
      agent: { type: "agent_with_overrides", id: "a", ...definition },
      environment_id: "e",
      initial_events: [message, outcome({ type: "text", content: "r" })],
      budget: { type: "limit", max_list_cost: { amount: "1", currency: "USD" } },
      resources: [
        { type: "github_repository", url: "u", checkout: { type: "branch", name: "main" } },
        { type: "github_repository", url: "u", checkout: { type: "commit", sha: "s" } },
        file,
        { type: "memory_store", memory_store_id: "m" },
      ],
    },
  ],
  [
    "session update",
    SessionUpdate,
    {
      agent: { tools: definition.tools, mcp_servers: definition.mcp_servers },
      budget: { type: "limit", max_list_cost: { amount: "1", currency: "USD" } },
    },
  ],
  ["session by version", SessionCreate, { agent: { type: "agent", id: "a", version: 1 }, environment_id: "e" }],
  [
    "events",
    EventSend,
    {
      events: [
        { type: "user.interrupt" },
        { type: "user.tool_confirmation", tool_use_id: "s", result: "allow" },
        { type: "user.custom_tool_result", custom_tool_use_id: "s", content: [...blocks, found] },
        { type: "user.tool_result", tool_use_id: "s", content: [text] },
        outcome(file),
        message,
        { type: "system.message", content: [text] },
      ],
    },
  ],
];

/** The paths of all objects in a value, but for a custom tool's schema, which is free-form. */
function objectPaths(value: unknown, path: (string | number)[] = []): (string | number)[][] {
  if (typeof value !== "object" || value === null || path.at(-1) === "input_schema") return [];
  if (Array.isArray(value)) return value.flatMap((inner, i) => objectPaths(inner, [...path, i]));
  return [path, ...Object.entries(value).flatMap(([key, inner]) => objectPaths(inner, [...path, key]))];
}

/** A copy with one more key in the object at the path. */
function withKey(body: object, path: (string | number)[]): object {
  const copy: object = JSON.parse(JSON.stringify(body));
  const at = path.reduce<object>((value, key) => Reflect.get(value, key), copy);
  Reflect.set(at, "surprise", 1);
  return copy;
}

describe.each(BODIES)("%s", (_, schema, body) => {
  test("is accepted as it stands", () => {
    accepted(schema, body);
  });
  test.each(objectPaths(body).map((path) => [path.join(".") || "the body", path] as const))(
    "no unknown key in %s",
    (_, path) => {
      const bad = withKey(body, path);
      // The one path with brackets (spec/core.md §1.4).
      const at = namedPath([...path, "surprise"], bad)
        .join(".")
        .replace(/\.configs\.(\d)\./, ".configs[$1].");
      expect(refusal(schema, bad).message).toBe(`${at}: unknown key; remove it`);
    },
  );
});
