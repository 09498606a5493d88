import { describe, expect, test } from "vitest";
import { AgentCreate, AgentUpdate } from "../../src/protocol/agents.ts";
import { accepted, refusal, WIDE } from "./check.ts";

const agent = { name: "Counter", model: "claude-opus-5-5" };
const create = (fields: object) => ({ ...agent, ...fields });
const pairs = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, "v"]));
const custom = (name: string) => ({ type: "custom", name, description: "d", input_schema: { type: "object" } });
const many = (count: number) => Array.from({ length: count }, (_, i) => custom(`tool_${i}`));
const servers = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ type: "url", name: `s${i}`, url: "https://mcp.example.com" }));
const toolsets = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ type: "mcp_toolset", mcp_server_name: `s${i}` }));
const skills = (count: number) => Array.from({ length: count }, () => ({ type: "anthropic", skill_id: "xlsx" }));
const READ = [{ type: "agent_toolset_20260401" }];

describe("limits of an agent, both sides", () => {
  test.each<[string, object, object, string]>([
    [
      "name",
      { name: "n".repeat(256) },
      { name: "n".repeat(257) },
      "name: must have at most 256 characters, has 257; shorten it",
    ],
    [
      "name in characters",
      { name: WIDE.repeat(256) },
      { name: WIDE.repeat(257) },
      "name: must have at most 256 characters, has 257",
    ],
    ["name not empty", { name: "n" }, { name: "" }, "name: must not be empty"],
    [
      "description",
      { description: "d".repeat(2048) },
      { description: "d".repeat(2049) },
      "description: must have at most 2048",
    ],
    [
      "system, ASCII",
      { system: "s".repeat(100_000) },
      { system: "s".repeat(100_001) },
      "system: must have at most 100000 characters, has 100001",
    ],
    [
      "system, two bytes each",
      { system: "é".repeat(100_000) },
      { system: "é".repeat(100_001) },
      "system: must have at most 100000",
    ],
    [
      "system, two units each",
      { system: WIDE.repeat(100_000) },
      { system: WIDE.repeat(100_001) },
      "system: must have at most 100000",
    ],
    [
      "metadata pairs",
      { metadata: pairs(16) },
      { metadata: pairs(17) },
      "metadata: must have at most 16 pairs, has 17",
    ],
    [
      "metadata key",
      { metadata: { ["k".repeat(64)]: "" } },
      { metadata: { ["k".repeat(65)]: "" } },
      "metadata: has a key of more than 64 characters",
    ],
    [
      "metadata value",
      { metadata: { a: "v".repeat(512) } },
      { metadata: { a: "v".repeat(513) } },
      "metadata.a: must have at most 512 characters",
    ],
    ["tools", { tools: many(256) }, { tools: many(257) }, "tools: must have at most 256 entries"],
    [
      "mcp_servers",
      { mcp_servers: servers(20), tools: toolsets(20) },
      { mcp_servers: servers(21), tools: toolsets(21) },
      "mcp_servers: must have at most 20 entries",
    ],
    [
      "skills",
      { skills: skills(500), tools: READ },
      { skills: skills(501), tools: READ },
      "skills: must have at most 500 entries",
    ],
    [
      "roster",
      { multiagent: { type: "coordinator", agents: ["agent_1"] } },
      { multiagent: { type: "coordinator", agents: [] } },
      "multiagent.agents: must name at least one agent",
    ],
  ])("%s", (_, good, bad, message) => {
    accepted(AgentCreate, create(good));
    expect(refusal(AgentCreate, create(bad)).message).toContain(message);
  });

  test("an MCP server's name and URL", () => {
    const body = (name: string, url: string) =>
      create({ mcp_servers: [{ type: "url", name, url }], tools: [{ type: "mcp_toolset", mcp_server_name: name }] });
    accepted(AgentCreate, body("n".repeat(255), `https://${"u".repeat(2040)}`));
    expect(refusal(AgentCreate, body("n".repeat(256), "https://u")).message).toMatch(
      /^tools\.0\.mcp_toolset\.mcp_server_name: must have at most 255|^mcp_servers\.0\.name: must have at most 255/,
    );
    expect(refusal(AgentCreate, body("n", `https://${"u".repeat(2041)}`)).message).toContain(
      "mcp_servers.0.url: must have at most 2048",
    );
    for (const url of ["mcp.example.com", "stdio:server", "file:///bin/server", "https://", "https://a b"])
      expect(refusal(AgentCreate, body("n", url)).message).toContain("mcp_servers.0.url: must be an http or https URL");
  });

  test("a role's ARN", () => {
    const role = (length: number) => create({ execution_identity: { type: "aws_role", role_arn: "a".repeat(length) } });
    accepted(AgentCreate, role(2048));
    expect(refusal(AgentCreate, role(2049)).message).toContain("execution_identity.role_arn: must have at most 2048");
    expect(refusal(AgentCreate, role(0)).message).toBe("execution_identity.role_arn: must not be empty");
  });

  test("a roster names each agent once", () => {
    const roster = (agents: unknown[]) => create({ multiagent: { type: "coordinator", agents } });
    accepted(AgentCreate, roster(["agent_1", { type: "self" }, { type: "agent", id: "agent_2" }]));
    expect(refusal(AgentCreate, roster(["agent_1", { type: "agent", id: "agent_1", version: 2 }])).message).toContain(
      "must not name an agent twice",
    );
    expect(refusal(AgentCreate, roster([{ type: "self" }, { type: "self" }])).message).toContain(
      "self or advisor once",
    );
    expect(refusal(AgentCreate, roster(Array.from({ length: 21 }, (_, i) => `agent_${i}`))).message).toContain(
      "at most 20",
    );
  });
});

describe("the newer roster", () => {
  const group = (fields: object) =>
    create({ multiagent: { type: "multiagent_20261001", subagents: { type: "enabled", ...fields } } });
  const list = (count: number) => Array.from({ length: count }, (_, i) => `agent_${i}`);
  test("has at most 20 agents, each once", () => {
    accepted(AgentCreate, group({ predefined_agents: list(20) }));
    expect(refusal(AgentCreate, group({ predefined_agents: list(21) })).message).toContain(
      "predefined_agents: must have at most 20",
    );
    expect(refusal(AgentCreate, group({ predefined_agents: ["a", "a"] })).message).toContain(
      "must not name an agent twice",
    );
  });
});

describe("the model", () => {
  test("a string becomes an object, an effort string becomes an object", () => {
    expect(accepted(AgentCreate, agent).model).toEqual({ id: "claude-opus-5-5" });
    const same = { id: "m", effort: { type: "high" } };
    expect(accepted(AgentCreate, create({ model: { id: "m", effort: "high" } })).model).toEqual(same);
    expect(accepted(AgentCreate, create({ model: same })).model).toEqual(same);
  });

  test.each<[unknown, string]>([
    [undefined, "model: is required"],
    ["", "model: must not be empty"],
    ["m".repeat(257), "model: must have at most 256 characters, has 257; shorten it"],
    [null, "model: must not be null; send a string or an object"],
    [{}, "model.id: is required; send a string"],
    [{ id: "m", effort: "extreme" }, "model.effort: must be one of low, medium, high, xhigh, max"],
    [{ id: "m", effort: { type: "extreme" } }, "model.effort.type: must be one of low, medium, high, xhigh, max"],
    [{ id: "m", speed: "ludicrous" }, "model.speed: must be one of standard, fast"],
    [{ id: "m", inference_geo: "moon" }, "model.inference_geo: must be one of us, global"],
    [{ id: "m", temperature: 1 }, "model.temperature: unknown key; remove it"],
  ])("%j is refused", (model, message) => {
    expect(refusal(AgentCreate, { name: "n", model }).message).toBe(message);
  });
});

describe("an update", () => {
  test("may leave everything out, and clear what can be cleared", () => {
    expect(accepted(AgentUpdate, {})).toEqual({});
    accepted(AgentUpdate, { version: null });
    accepted(AgentUpdate, {
      system: null,
      description: null,
      tools: null,
      mcp_servers: null,
      skills: null,
      multiagent: null,
      metadata: { a: null },
    });
  });

  test.each<[object, string]>([
    [{ name: null }, "name: must be a string, is null"],
    [{ name: "" }, "name: must not be empty"],
    [{ model: null }, "model: must not be null; send a string or an object"],
    [{ version: 0 }, "version: must be at least 1"],
    [{ version: 1.5 }, "version: must be a whole number, is a fraction"],
    [{ metadata: { a: 1 } }, "metadata.a: must be a string, is a number"],
    [{ id: "agent_1" }, "id: unknown key; remove it"],
  ])("%j is refused", (body, message) => {
    expect(refusal(AgentUpdate, body).message).toBe(message);
  });

  test("does not count the keys it deletes", () => {
    accepted(AgentUpdate, { metadata: { ...pairs(16), gone: null } });
    expect(refusal(AgentUpdate, { metadata: { ...pairs(17), gone: null } }).message).toContain("has 17");
  });
});
