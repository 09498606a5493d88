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
  test.each<[string, Parameters<typeof agent>[0], string]>([
    ["MCP servers are", { mcp_servers: [server] }, "agent.mcp_servers"],
    ["skills are", { skills: [{ type: "anthropic", skill_id: "xlsx", version: "latest" }] }, "agent.skills"],
    ["multiagent orchestration is", { multiagent: { type: "coordinator" } }, "agent.multiagent"],
    [
      "multiagent orchestration is",
      { multiagent: { type: "multiagent_20261001", advisor: off, subagents: { type: "enabled" }, workflows: off } },
      "agent.multiagent",
    ],
    [
      "multiagent orchestration is",
      { multiagent: { type: "multiagent_20261001", advisor: { type: "enabled" }, subagents: off, workflows: off } },
      "agent.multiagent",
    ],
    ["aws_role is", { execution_identity: { type: "aws_role", role_arn: "arn" } }, "agent.execution_identity"],
    [
      "auto is",
      { tools: [toolset({ default_config: { permission_policy: { type: "auto" } } })] },
      `${AT}.default_config.permission_policy`,
    ],
    ["auto is", configured({ name: "bash", permission_policy: { type: "auto" } }), `${AT}.configs.0.permission_policy`],
    [
      "auto is",
      {
        tools: [
          toolset({
            default_config: { enabled: false, permission_policy: { type: "auto" } },
            configs: [{ name: "bash", enabled: true }],
          }),
        ],
      },
      `${AT}.configs.0.permission_policy`,
    ],
    ["the web_search tool is", configured({ name: "web_search", enabled: true }), `${AT}.configs.0`],
    ["the web_fetch tool is", configured({ name: "web_fetch", max_content_tokens: 100 }), `${AT}.configs.0`],
  ])("refused: %s not supported: %j", (thing, fields, path) => {
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
  test.each<[string, object]>([
    ["self-hosted environment is", { type: "self_hosted" }],
    ["limited networking is", { type: "cloud", networking: { type: "limited" } }],
    ["packages is", { type: "cloud", packages: { npm: ["left"] } }],
  ])("refused: %s not supported: %j", (thing, config) => {
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
  test.each<[string, object, string]>([
    ["resources are", { resources: [{ type: "file", file_id: "file_1" }] }, "resources.0.file"],
    ["vaults are", { vault_ids: ["vlt_1"] }, "vault_ids"],
    [
      "outcomes are",
      { initial_events: [message({ type: "text", text: "t" }), outcome] },
      "initial_events.1.user_define_outcome",
    ],
    [
      "uploaded files are",
      { initial_events: [message({ type: "document", source: { type: "file", file_id: "file_1" } })] },
      "initial_events.0.user_message.content.0.source",
    ],
  ])("refused: %s not supported: %j", (thing, fields, path) => {
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
  test.each<[string, object, string]>([
    ["outcomes are", outcome, "events.0.user_define_outcome"],
    ["uploaded files are", message({ type: "image", source: file }), "events.0.user_message.content.0.source"],
    [
      "uploaded files are",
      {
        type: "user.custom_tool_result",
        custom_tool_use_id: "s",
        content: [
          { type: "text", text: "t" },
          { type: "document", source: file },
        ],
      },
      "events.0.user_custom_tool_result.content.1.source",
    ],
  ])("refused: %s not supported: %j", (thing, event, path) => {
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
