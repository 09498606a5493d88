import { describe, expect, test } from "vitest";
import { EnvironmentConfigParams } from "../../src/protocol/environments.ts";
import { EventSend } from "../../src/protocol/events.ts";
import { SessionCreate } from "../../src/protocol/sessions.ts";
import { ToolParams } from "../../src/protocol/tools.ts";
import {
  type RunAgent,
  type Unsupported,
  unsupportedAgent,
  unsupportedEnvironment,
  unsupportedEvents,
  unsupportedSession,
} from "../../src/protocol/unsupported.ts";
import { CLOUD, resolveConfig } from "../../src/services/resolve-environment.ts";
import { resolveTool } from "../../src/services/resolve-tools.ts";
import { accepted } from "./check.ts";

/** Valid on the wire and stored, then asked whether a session of it runs. */
const agent = ({ tools = [], ...fields }: Partial<Omit<RunAgent, "tools">> & { tools?: object[] } = {}) =>
  unsupportedAgent({
    mcp_servers: [],
    skills: [],
    execution_identity: { type: "service_account" },
    multiagent: null,
    ...fields,
    tools: tools.map((tool) => resolveTool(accepted(ToolParams, tool))),
  });
const environment = (config: object) => {
  const sent = accepted(EnvironmentConfigParams, config);
  return unsupportedEnvironment({ config: resolveConfig(sent, sent.type === "cloud" ? CLOUD : sent) });
};
const session = (fields: object) =>
  unsupportedSession(accepted(SessionCreate, { agent: "agent_1", environment_id: "env_1", ...fields }));
const events = (...list: object[]) => unsupportedEvents(accepted(EventSend, { events: list }).events);

function expectRefusal(found: Unsupported | null, path: string, thing: string) {
  expect(found?.path).toBe(path);
  expect(found?.message).toMatch(
    new RegExp(`^${path.replaceAll(".", "\\.")}: .*${thing}.* not supported by this version of Sinew yet; \\w`),
  );
}

const toolset = (fields: object = {}) => ({ type: "agent_toolset_20260401", ...fields });
const configured = (config: object) => ({ tools: [toolset({ configs: [config] })] });
const server = { type: "url" as const, name: "s", url: "https://mcp.example.com" };
const message = (...content: object[]) => ({ type: "user.message", content });
const outcome = { type: "user.define_outcome", description: "d", rubric: { type: "file", file_id: "file_1" } };
const AT = "agent.tools.0.agent_toolset_20260401";
const off = { type: "disabled" };

describe("an agent", () => {
  test.each<[string, Parameters<typeof agent>[0], string, string]>([
    ["MCP servers", { mcp_servers: [server] }, "agent.mcp_servers", "MCP servers are"],
    ["skills", { skills: [{ type: "anthropic", skill_id: "xlsx", version: "latest" }] }, "agent.skills", "skills are"],
    ["a roster", { multiagent: { type: "coordinator" } }, "agent.multiagent", "multiagent orchestration is"],
    [
      "subagents",
      { multiagent: { type: "multiagent_20261001", advisor: off, subagents: { type: "enabled" }, workflows: off } },
      "agent.multiagent",
      "multiagent orchestration is",
    ],
    [
      "an advisor",
      { multiagent: { type: "multiagent_20261001", advisor: { type: "enabled" }, subagents: off, workflows: off } },
      "agent.multiagent",
      "multiagent orchestration is",
    ],
    [
      "a role",
      { execution_identity: { type: "aws_role", role_arn: "arn" } },
      "agent.execution_identity",
      "aws_role is",
    ],
    [
      "auto by default",
      { tools: [toolset({ default_config: { permission_policy: { type: "auto" } } })] },
      `${AT}.default_config.permission_policy`,
      "auto is",
    ],
    [
      "auto for one tool",
      configured({ name: "bash", permission_policy: { type: "auto" } }),
      `${AT}.configs.0.permission_policy`,
      "auto is",
    ],
    [
      "auto by default for the one tool that is on",
      {
        tools: [
          toolset({
            default_config: { enabled: false, permission_policy: { type: "auto" } },
            configs: [{ name: "bash", enabled: true }],
          }),
        ],
      },
      `${AT}.configs.0.permission_policy`,
      "auto is",
    ],
    [
      "web_search enabled",
      configured({ name: "web_search", enabled: true }),
      `${AT}.configs.0`,
      "the web_search tool is",
    ],
    [
      "web_fetch with settings",
      configured({ name: "web_fetch", max_content_tokens: 100 }),
      `${AT}.configs.0`,
      "the web_fetch tool is",
    ],
  ])("with %s is refused by name", (_, fields, path, thing) => {
    expectRefusal(agent(fields), path, thing);
  });

  test.each<[string, Parameters<typeof agent>[0]]>([
    ["nothing special", {}],
    [
      "a roster that is all off",
      { multiagent: { type: "multiagent_20261001", advisor: off, subagents: off, workflows: off } },
    ],
    ["a plain toolset", { tools: [toolset()] }],
    [
      "ask and allow",
      {
        tools: [
          toolset({
            default_config: { permission_policy: { type: "always_ask" } },
            configs: [{ name: "read", permission_policy: { type: "always_allow" } }],
          }),
        ],
      },
    ],
    ["web tools turned off", configured({ name: "web_fetch", enabled: false })],
    ["auto for a tool that is off", configured({ name: "bash", enabled: false, permission_policy: { type: "auto" } })],
    [
      "web tools off by default",
      { tools: [toolset({ default_config: { enabled: false }, configs: [{ name: "web_search" }] })] },
    ],
    [
      "auto by default that no tool is left to take",
      {
        tools: [
          toolset({
            default_config: { permission_policy: { type: "auto" } },
            configs: ["bash", "read", "write", "edit", "glob", "grep"].map((name) => ({
              name,
              permission_policy: { type: "always_allow" },
            })),
          }),
        ],
      },
    ],
    ["custom tools", { tools: [{ type: "custom", name: "c", description: "d", input_schema: { type: "object" } }] }],
  ])("with %s runs", (_, fields) => {
    expect(agent(fields)).toBeNull();
  });
});

describe("an environment", () => {
  test.each<[string, object, string]>([
    ["self-hosted", { type: "self_hosted" }, "self-hosted environment is"],
    ["limited", { type: "cloud", networking: { type: "limited" } }, "limited networking is"],
    ["with packages", { type: "cloud", packages: { npm: ["left"] } }, "packages is"],
  ])("%s is refused by name", (_, config, thing) => {
    expectRefusal(environment(config), "environment_id", thing);
  });

  test("in the cloud, unrestricted, without packages, runs", () => {
    expect(environment({ type: "cloud" })).toBeNull();
    expect(
      environment({ type: "cloud", networking: { type: "unrestricted" }, packages: { pip: [], apt: null } }),
    ).toBeNull();
  });
});

describe("a session", () => {
  test.each<[string, object, string, string]>([
    ["a resource", { resources: [{ type: "file", file_id: "file_1" }] }, "resources.0.file", "resources are"],
    ["a vault", { vault_ids: ["vlt_1"] }, "vault_ids", "vaults are"],
    [
      "an outcome to begin with",
      { initial_events: [message({ type: "text", text: "t" }), outcome] },
      "initial_events.1.user_define_outcome",
      "outcomes are",
    ],
    [
      "a file to begin with",
      { initial_events: [message({ type: "document", source: { type: "file", file_id: "file_1" } })] },
      "initial_events.0.user_message.content.0.source",
      "uploaded files are",
    ],
  ])("with %s is refused by name", (_, fields, path, thing) => {
    expectRefusal(session(fields), path, thing);
  });

  test("with a message and metadata runs", () => {
    expect(
      session({
        initial_events: [message({ type: "text", text: "t" })],
        metadata: { a: "b" },
        resources: [],
        vault_ids: [],
        budget: null,
      }),
    ).toBeNull();
  });
});

describe("events", () => {
  const file = { type: "file", file_id: "file_1" };
  test.each<[string, object, string, string]>([
    ["an outcome", outcome, "events.0.user_define_outcome", "outcomes are"],
    [
      "an uploaded image",
      message({ type: "image", source: file }),
      "events.0.user_message.content.0.source",
      "uploaded files are",
    ],
    [
      "an uploaded document in a result",
      {
        type: "user.custom_tool_result",
        custom_tool_use_id: "s",
        content: [
          { type: "text", text: "t" },
          { type: "document", source: file },
        ],
      },
      "events.0.user_custom_tool_result.content.1.source",
      "uploaded files are",
    ],
  ])("with %s are refused by name", (_, event, path, thing) => {
    expectRefusal(events(event), path, thing);
  });

  test("with content of their own run", () => {
    const url = { type: "url", url: "https://example.com/a" };
    expect(
      events(message({ type: "text", text: "t" }, { type: "image", source: url }, { type: "document", source: url })),
    ).toBeNull();
    expect(events({ type: "user.custom_tool_result", custom_tool_use_id: "s" }, { type: "user.interrupt" })).toBeNull();
  });
});
