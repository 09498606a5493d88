import { describe, expect, test } from "vitest";
import { AgentCreate, AgentUpdate } from "../../src/protocol/agents.ts";
import { accepted, refusal, refuses, WIDE } from "./check.ts";

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
const ids = (count: number) => Array.from({ length: count }, (_, i) => `agent_${i}`);
const roster = (agents: unknown[]) => ({ multiagent: { type: "coordinator", agents } });
const newRoster = (predefined_agents: string[]) => ({
  multiagent: { type: "multiagent_20261001", subagents: { type: "enabled", predefined_agents } },
});
const READ = [{ type: "agent_toolset_20260401" }];

describe("limits of an agent, both sides", () => {
  test.each<[string, (count: number) => object, good: number, bad: number]>([
    ["name: must have at most 256 characters, has 257; shorten it", (n) => ({ name: "n".repeat(n) }), 256, 257],
    ["name: must have at most 256 characters, has 257", (n) => ({ name: WIDE.repeat(n) }), 256, 257],
    ["name: must not be empty", (n) => ({ name: "n".repeat(n) }), 1, 0],
    ["description: must have at most 2048", (n) => ({ description: "d".repeat(n) }), 2048, 2049],
    ["system: must have at most 100000 characters, has 100001", (n) => ({ system: "s".repeat(n) }), 100_000, 100_001],
    ["system: must have at most 100000", (n) => ({ system: "é".repeat(n) }), 100_000, 100_001],
    ["system: must have at most 100000", (n) => ({ system: WIDE.repeat(n) }), 100_000, 100_001],
    ["metadata: must have at most 16 pairs, has 17", (n) => ({ metadata: pairs(n) }), 16, 17],
    ["metadata: has a key of more than 64 characters", (n) => ({ metadata: { ["k".repeat(n)]: "" } }), 64, 65],
    ["metadata.a: must have at most 512 characters", (n) => ({ metadata: { a: "v".repeat(n) } }), 512, 513],
    ["tools: must have at most 256 entries", (n) => ({ tools: many(n) }), 256, 257],
    ["mcp_servers: must have at most 20 entries", (n) => ({ mcp_servers: servers(n), tools: toolsets(n) }), 20, 21],
    ["skills: must have at most 500 entries", (n) => ({ skills: skills(n), tools: READ }), 500, 501],
    ["multiagent.agents: must name at least one agent", (n) => roster(ids(n)), 1, 0],
    ["at most 20", (n) => roster(ids(n)), 20, 21],
    ["predefined_agents: must have at most 20", (n) => newRoster(ids(n)), 20, 21],
  ])("%s", (message, fields, good, bad) => {
    accepted(AgentCreate, create(fields(good)));
    refuses(AgentCreate, create(fields(bad)), message);
  });

  test("an MCP server's name and URL", () => {
    const body = (name: string, url: string) =>
      create({ mcp_servers: [{ type: "url", name, url }], tools: [{ type: "mcp_toolset", mcp_server_name: name }] });
    accepted(AgentCreate, body("n".repeat(255), `https://${"u".repeat(2040)}`));
    expect(refusal(AgentCreate, body("n".repeat(256), "https://u")).message).toMatch(
      /^tools\.0\.mcp_toolset\.mcp_server_name: must have at most 255|^mcp_servers\.0\.name: must have at most 255/,
    );
    refuses(AgentCreate, body("n", `https://${"u".repeat(2041)}`), "mcp_servers.0.url: must have at most 2048");
    for (const url of ["mcp.example.com", "stdio:server", "file:///bin/server", "https://", "https://a b"])
      refuses(AgentCreate, body("n", url), "mcp_servers.0.url: must be an http or https URL");
  });

  test("a role's ARN", () => {
    const role = (length: number) => create({ execution_identity: { type: "aws_role", role_arn: "a".repeat(length) } });
    accepted(AgentCreate, role(2048));
    refuses(AgentCreate, role(2049), "execution_identity.role_arn: must have at most 2048");
    expect(refusal(AgentCreate, role(0)).message).toBe("execution_identity.role_arn: must not be empty");
  });

  test("a roster names each agent once, whatever its kind", () => {
    accepted(AgentCreate, create(roster(["agent_1", { type: "self" }, { type: "agent", id: "agent_2" }])));
    const twice = roster(["agent_1", { type: "agent", id: "agent_1", version: 2 }]);
    for (const agents of [twice, newRoster(["a", "a"])])
      refuses(AgentCreate, create(agents), "must not name an agent twice");
    refuses(AgentCreate, create(roster([{ type: "self" }, { type: "self" }])), "self or advisor once");
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
    refuses(AgentUpdate, { metadata: { ...pairs(17), gone: null } }, "has 17");
  });
});
