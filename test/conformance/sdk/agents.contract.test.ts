/** `client.beta.agents` (spec/core.md §2). */
import Anthropic from "@anthropic-ai/sdk";
import { describe, expect, test } from "vitest";
import { FORMS } from "./forms.ts";
import { MODEL, useLab } from "./lab.ts";
import { refused } from "./refusal.ts";
import { BODY_RULES, reportRules } from "./rules.ts";

const lab = useLab();
const weather = {
  type: "custom" as const,
  name: "get_weather",
  description: "The weather of a place.",
  input_schema: { type: "object" as const, properties: { place: { type: "string" } }, required: ["place"] },
};
const gatedBash = {
  type: "agent_toolset_20260401" as const,
  configs: [{ name: "bash" as const, permission_policy: { type: "always_ask" as const } }],
};

describe.each(FORMS)("$name", (form) => {
  test("create gives the whole definition, with defaults filled in", async () => {
    const client = lab.client(form);
    const plain = await lab.agent(client);
    expect(plain).toMatchObject({
      type: "agent",
      version: 1,
      model: { id: MODEL, effort: { type: "high" }, speed: "standard" },
      description: null,
      system: null,
      archived_at: null,
      multiagent: null,
      tools: [],
      mcp_servers: [],
      skills: [],
      metadata: {},
      execution_identity: { type: "service_account" },
    });
    const tooled = await lab.agent(client, { tools: [gatedBash, weather], model: { id: MODEL, effort: "low" } });
    expect(tooled.model.effort).toEqual({ type: "low" });
    expect(tooled.tools).toEqual([
      {
        type: "agent_toolset_20260401",
        default_config: { enabled: true, permission_policy: { type: "always_allow" } },
        configs: [{ name: "bash", type: "bash", enabled: true, permission_policy: { type: "always_ask" } }],
      },
      weather,
    ]);
  });

  test("retrieve gives the newest version, or the one asked for", async () => {
    const client = lab.client(form);
    const first = await lab.agent(client, { system: "Be kind." });
    const second = await client.beta.agents.update(first.id, { system: "Be brief." });
    expect(await client.beta.agents.retrieve(first.id)).toEqual(second);
    expect(await client.beta.agents.retrieve(first.id, { version: 1 })).toEqual(first);
    const error = await refused(client.beta.agents.retrieve(first.id, { version: 3 }), Anthropic.NotFoundError);
    expect(error.message).toContain(first.id);
  });

  test("update keeps what is omitted, clears by null, replaces lists and merges metadata", async () => {
    const client = lab.client(form);
    const agent = await lab.agent(client, {
      description: "Answers.",
      system: "Be kind.",
      tools: [weather],
      metadata: { team: "blue", tier: "one" },
      model: { id: MODEL, effort: "max" },
    });
    const renamed = await client.beta.agents.update(agent.id, { name: "renamed" });
    expect(renamed).toEqual({ ...agent, name: "renamed", version: 2, updated_at: renamed.updated_at });
    const changed = await client.beta.agents.update(agent.id, {
      description: null,
      system: null,
      tools: [gatedBash],
      metadata: { team: null, color: "red" },
      model: MODEL,
    });
    expect(changed).toMatchObject({ version: 3, description: null, system: null });
    expect(changed.metadata).toEqual({ tier: "one", color: "red" });
    expect(changed.tools.map((tool) => tool.type)).toEqual(["agent_toolset_20260401"]);
    expect(changed.model.effort).toEqual({ type: "max" });
    const moved = await client.beta.agents.update(agent.id, { tools: [], model: "claude-opus-5-5" });
    expect(moved.tools).toEqual([]);
    expect(moved.model).toMatchObject({ id: "claude-opus-5-5", effort: { type: "medium" } });
  });

  test("an update without a change makes no version", async () => {
    const client = lab.client(form);
    const agent = await lab.agent(client, { system: "Be kind.", tools: [weather] });
    expect(await client.beta.agents.update(agent.id, {})).toEqual(agent);
    const same = { name: agent.name, system: "Be kind.", tools: [weather], version: 1 };
    expect(await client.beta.agents.update(agent.id, same)).toEqual(agent);
  });

  test("a stale version is a conflict that the SDK does not retry", async () => {
    const client = lab.client(form);
    const agent = await lab.agent(client);
    await client.beta.agents.update(agent.id, { name: "second" });
    const updates = () => lab.wire.count("POST", `/v1/agents/${agent.id}`);
    const before = updates();
    for (const patch of [{ name: "third", version: 1 }, { name: "second", version: 1 }, { version: 1 }]) {
      const error = await refused(client.beta.agents.update(agent.id, patch), Anthropic.ConflictError);
      expect(error.type).toBe("invalid_request_error");
    }
    expect(updates() - before).toBe(3);
    expect((await client.beta.agents.update(agent.id, { name: "third", version: 2 })).version).toBe(3);
  });

  test("versions come newest first, page by page", async () => {
    const client = lab.client(form);
    const agent = await lab.agent(client);
    for (const name of ["b", "c", "d", "e"]) await client.beta.agents.update(agent.id, { name });
    const page = await client.beta.agents.versions.list(agent.id, { limit: 2 });
    expect(page.data.map(({ version }) => version)).toEqual([5, 4]);
    const all: number[] = [];
    for await (const { version } of page) all.push(version);
    expect(all).toEqual([5, 4, 3, 2, 1]);
  });

  test("list pages newest first, within times, without the archived unless asked", async () => {
    const client = lab.client(form);
    const made = [];
    for (let i = 0; i < 5; i++) made.push(await lab.agent(client));
    const [first, second, , , last] = made.map(({ id }) => id);
    const times = { "created_at[gte]": made[0]?.created_at, "created_at[lte]": made[4]?.created_at };
    const archived = await client.beta.agents.archive(second ?? "");
    expect(archived.archived_at).toEqual(expect.any(String));
    const listed = async (more: object) => {
      const ids: string[] = [];
      for await (const { id } of client.beta.agents.list({ limit: 2, ...times, ...more })) ids.push(id);
      return ids;
    };
    const newestFirst = made.map(({ id }) => id).reverse();
    expect(await listed({ include_archived: true })).toEqual(newestFirst);
    expect(await listed({})).toEqual(newestFirst.filter((id) => id !== second));
    const whole = await client.beta.agents.list({ limit: 100, ...times });
    expect([whole.data.at(-1)?.id, whole.data[0]?.id, whole.next_page]).toEqual([first, last, null]);
  });

  test("MCP servers, skills, policies and identities are echoed resolved", async () => {
    const client = lab.client(form);
    const docs = { type: "url" as const, name: "docs", url: "https://mcp.example.com" };
    const made = await lab.agent(client, {
      mcp_servers: [docs],
      tools: [{ type: "agent_toolset_20260401" }, { type: "mcp_toolset", mcp_server_name: "docs" }],
      skills: [{ type: "anthropic", skill_id: "xlsx" }],
      execution_identity: { type: "aws_role", role_arn: "arn:aws:iam::123456789012:role/agent" },
    });
    const ask = { enabled: true, permission_policy: { type: "always_ask" } };
    expect(made).toMatchObject({
      mcp_servers: [docs],
      tools: [{ type: "agent_toolset_20260401" }, { type: "mcp_toolset", configs: [], default_config: ask }],
      skills: [{ type: "anthropic", skill_id: "xlsx", version: "latest" }],
      execution_identity: { type: "aws_role", role_arn: "arn:aws:iam::123456789012:role/agent" },
    });
    const { tools, mcp_servers, skills, execution_identity } = made;
    const same = { tools, mcp_servers, skills, execution_identity } as Parameters<typeof client.beta.agents.update>[1];
    expect(await client.beta.agents.update(made.id, same)).toEqual(made);
    await refused(client.beta.agents.update(made.id, { mcp_servers: [] }), Anthropic.BadRequestError);
    await refused(client.beta.agents.update(made.id, { tools: null, mcp_servers: null }), Anthropic.BadRequestError);
    const cleared = { tools: null, mcp_servers: null, skills: null, execution_identity: null };
    expect(await client.beta.agents.update(made.id, cleared)).toMatchObject({
      ...{ tools: [], mcp_servers: [], skills: [] },
      execution_identity: { type: "service_account" },
    });
  });

  test("a roster pins its members, and self is the owner's own version", async () => {
    const client = lab.client(form);
    const [first, second] = [await lab.agent(client), await lab.agent(client)];
    await client.beta.agents.update(second.id, { name: "second" });
    const agents = [first.id, { type: "agent" as const, id: second.id, version: 1 }, { type: "self" as const }];
    const owner = await lab.agent(client, { multiagent: { type: "coordinator", agents } });
    const pinned = (id: string, version: number) => ({ type: "agent", id, version });
    const roster = [pinned(first.id, 1), pinned(second.id, 1)];
    expect(owner.multiagent).toEqual({ type: "coordinator", agents: [...roster, pinned(owner.id, 1)] });
    await client.beta.agents.update(first.id, { name: "first" });
    const renamed = await client.beta.agents.update(owner.id, { name: "leader" });
    expect(renamed.multiagent).toEqual({ type: "coordinator", agents: [...roster, pinned(owner.id, 2)] });
    const newer = await client.beta.agents.update(owner.id, {
      multiagent: { type: "multiagent_20261001", workflows: { type: "disabled" } },
    });
    expect(newer.multiagent).toMatchObject({ advisor: { type: "disabled" }, workflows: { type: "disabled" } });
    const merged = await client.beta.agents.update(owner.id, {
      multiagent: { type: "multiagent_20261001", workflows: null, advisor: { type: "enabled", model: MODEL } },
    });
    const all = { type: "enabled", inline_agents: { type: "enabled" }, predefined_agents: [] };
    const advisor = { type: "enabled", model: MODEL };
    expect(merged.multiagent).toEqual({ type: "multiagent_20261001", advisor, subagents: all, workflows: all });
    expect((await client.beta.agents.update(owner.id, { multiagent: null })).multiagent).toBeNull();
    const nested = {
      multiagent: { type: "coordinator" as const, agents: [{ type: "agent" as const, id: owner.id, version: 1 }] },
    };
    await refused(lab.agent(client, nested), Anthropic.BadRequestError);
    const foreign = await lab.agent(lab.other(form));
    const theirs = { multiagent: { type: "coordinator" as const, agents: [foreign.id] } };
    await refused(lab.agent(client, theirs), Anthropic.NotFoundError);
  });

  test("archive is for ever: readable, not changeable, the first time stays", async () => {
    const client = lab.client(form);
    const agent = await lab.agent(client);
    const archived = await client.beta.agents.archive(agent.id);
    expect(await client.beta.agents.archive(agent.id)).toEqual(archived);
    expect(await client.beta.agents.retrieve(agent.id)).toEqual(archived);
    await refused(client.beta.agents.update(agent.id, { name: "other" }), Anthropic.BadRequestError);
    const environmentId = await lab.environmentId(client);
    const session = client.beta.sessions.create({ agent: agent.id, environment_id: environmentId });
    expect((await refused(session, Anthropic.BadRequestError)).message).toContain("archived");
  });

  test.each<[string, object]>([
    ["name", { name: "" }],
    ["name", { name: "n".repeat(257) }],
    ["model.id", { model: "claude-nobody-knows" }],
    ["model.effort", { model: { id: "claude-haiku-4-5", effort: "max" as const } }],
    ["description", { description: "d".repeat(2_049) }],
    ["system", { system: "s".repeat(100_001) }],
    ["tools.0.custom.name", { tools: [{ ...weather, name: "mcp__weather" }] }],
    ["tools.0.custom.name", { tools: [{ ...weather, name: "two words" }] }],
    ["metadata", { metadata: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`k${i}`, "v"])) }],
    ["bogus", { bogus: true }],
  ])("refuses a wrong %s and names it", async (path, fields) => {
    const error = await refused(lab.agent(lab.client(form), fields), Anthropic.BadRequestError);
    expect(error.apiMessage?.startsWith(path)).toBe(true);
  });

  test("limits count characters, not bytes", async () => {
    const agent = await lab.agent(lab.client(form), { system: "é".repeat(100_000), name: "🌍".repeat(256) });
    expect(agent.system).toBe("é".repeat(100_000));
  });
});

reportRules(BODY_RULES);
