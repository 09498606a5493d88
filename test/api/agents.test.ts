import { expect, test } from "vitest";
import { Agent } from "../../src/protocol/agents.ts";
import { call, OTHER_KEY, testServer } from "./harness.ts";

const server = testServer();
const MODEL = "claude-opus-5-5";
const OTHER = { "x-api-key": OTHER_KEY };
const make = (fields: object = {}) => call(server, "POST", "/v1/agents", { name: "a", model: MODEL, ...fields });
const update = (id: unknown, fields: unknown, headers = {}) =>
  call(server, "POST", `/v1/agents/${id}`, fields, headers);
const get = (path: string, headers = {}) => call(server, "GET", `/v1/agents${path}`, undefined, headers);

test("create echoes the configuration with everything filled in", async () => {
  const { status, body } = await make();
  expect(status).toBe(200);
  expect(Agent.parse(body)).toEqual(body);
  expect(body).toMatchObject({
    type: "agent",
    version: 1,
    name: "a",
    description: null,
    system: null,
    model: { id: MODEL, effort: { type: "medium" }, speed: "standard" },
    tools: [],
    mcp_servers: [],
    skills: [],
    multiagent: null,
    metadata: {},
    execution_identity: { type: "service_account" },
    archived_at: null,
  });
  expect(body.created_at).toBe(body.updated_at);
  expect((await get(`/${body.id}`)).body).toEqual(body);
});

test.each([
  ["claude-opus-5", { type: "high" }],
  [{ id: "claude-opus-5", effort: "low" }, { type: "low" }],
  [{ id: "claude-opus-5", effort: { type: "max" } }, { type: "max" }],
  [{ id: "claude-opus-5", effort: null }, { type: "high" }],
  ["rehearsal", undefined],
])("the model %j has the effort %j", async (model, effort) => {
  const { body } = await make({ model });
  expect((body.model as { effort?: unknown }).effort).toEqual(effort);
});

test("a toolset is echoed resolved: the entry before the default before the toolset's own", async () => {
  const ask = { type: "always_ask" };
  const custom = { type: "custom", name: "lookup", description: "d", input_schema: { type: "object", properties: {} } };
  const configs = [
    { name: "bash", enabled: false },
    { name: "read", permission_policy: { type: "always_allow" } },
  ];
  const { body } = await make({
    tools: [{ type: "agent_toolset_20260401", configs, default_config: { permission_policy: ask } }, custom],
  });
  expect(body.tools).toEqual([
    {
      type: "agent_toolset_20260401",
      configs: [
        { name: "bash", type: "bash", enabled: false, permission_policy: ask },
        { name: "read", type: "read", enabled: true, permission_policy: { type: "always_allow" } },
      ],
      default_config: { enabled: true, permission_policy: ask },
    },
    custom,
  ]);
  const { body: plain } = await make({ tools: [{ type: "agent_toolset_20260401" }] });
  const allow = { enabled: true, permission_policy: { type: "always_allow" } };
  expect(plain.tools).toEqual([{ type: "agent_toolset_20260401", configs: [], default_config: allow }]);
});

test.each([
  [{ name: "" }, "name: "],
  [{ name: "x".repeat(257) }, "name: "],
  [{ model: undefined }, "model: "],
  [{ model: "gpt-nothing" }, "model.id: "],
  [{ model: { id: MODEL, effort: "huge" } }, "model.effort"],
  [{ model: { id: "claude-haiku-4-5", effort: "low" } }, "model.effort: "],
  [{ bogus: 1 }, "bogus: "],
  [
    { tools: [{ type: "agent_toolset_20260401", configs: [{ name: "bash", bogus: 1 }] }] },
    "tools.0.agent_toolset_20260401.configs[0].bogus: ",
  ],
  [
    { tools: [{ type: "custom", name: "a b", description: "d", input_schema: { type: "object" } }] },
    "tools.0.custom.name: ",
  ],
  [{ metadata: { k: "v".repeat(513) } }, "metadata.k: "],
  [{ metadata: { "": "v" } }, "metadata: "],
  [{ metadata: { k: 1 } }, "metadata.k: "],
  [{ mcp_servers: [{ type: "url", name: "m", url: "https://m.example" }] }, "mcp_servers.0: "],
  [{ tools: [{ type: "mcp_toolset", mcp_server_name: "m" }] }, "tools.0.mcp_toolset.mcp_server_name: "],
  [{ execution_identity: { type: "aws_role" } }, "execution_identity.role_arn: "],
  [{ skills: [{ type: "anthropic", skill_id: "xlsx" }] }, "skills: "],
  [
    { skills: [{ type: "custom", skill_id: "skill_1" }], tools: [{ type: "agent_toolset_20260401" }] },
    "skills.0.custom.skill_id: there is no such skill",
  ],
  [{ model: { id: "claude-haiku-4-5", speed: "fast" } }, "model.speed: "],
  [{ model: { id: MODEL, inference_geo: "moon" } }, "model.inference_geo: "],
])("create with %j is a 400 at its path", async (fields, path) => {
  const { status, body } = await make(fields);
  expect({ status, type: body.error?.type }).toEqual({ status: 400, type: "invalid_request_error" });
  expect(body.error?.message.startsWith(path)).toBe(true);
});

test("a definition that is too large for a row is refused", async () => {
  const tools = Array.from({ length: 12 }, (_, i) => {
    return { type: "custom", name: `t${i}`, description: "d".repeat(100_000), input_schema: { type: "object" } };
  });
  const { status, body } = await make({ tools });
  expect(status).toBe(400);
  expect(body.error?.message).toMatch(/^agent: \d+ bytes/);
});

test("metadata keys that objects already have are kept as they are", async () => {
  const metadata = {
    constructor: "c",
    toString: "t",
    hasOwnProperty: "h",
    "a'; DROP TABLE agents; --": "NUL\u0000end",
  };
  const { status, body } = await make({ name: "N\u0000UL", metadata });
  expect(status).toBe(200);
  expect((await get(`/${body.id}`)).body).toMatchObject({ name: "N\u0000UL", metadata });
});

test("an update merges, raises the version, and an update without effect does neither", async () => {
  const { body: first } = await make({
    system: "s",
    description: "d",
    metadata: { a: "1", b: "2" },
    model: { id: MODEL, effort: "low" },
  });
  const { body: second } = await update(first.id, { metadata: { a: null, c: "3" }, description: null, name: "b" });
  expect(second).toMatchObject({ version: 2, name: "b", description: null, system: "s", metadata: { b: "2", c: "3" } });
  expect(second.created_at).toBe(first.created_at);
  expect(second.updated_at).not.toBe(first.updated_at);
  for (const fields of [
    {},
    { version: null },
    { version: 2 },
    { name: "b" },
    { metadata: { a: null, b: "2" } },
    { model: MODEL },
  ])
    expect((await update(first.id, fields)).body).toEqual(second);
  expect((await get(`/${first.id}?version=1`)).body).toEqual({ ...first });
  expect((await get(`/${first.id}`)).body).toEqual(second);
});

test("a model of the same id keeps its effort, another one brings its own", async () => {
  const { body: first } = await make({ model: { id: "claude-opus-5", effort: "low" } });
  const same = await update(first.id, { model: { id: "claude-opus-5" } });
  expect(same.body.version).toBe(1);
  const other = await update(first.id, { model: MODEL });
  expect(other.body.model).toMatchObject({ id: MODEL, effort: { type: "medium" } });
});

test("speed and region are echoed; an update that omits the region clears it", async () => {
  const { body } = await make({ model: { id: MODEL, speed: "fast", inference_geo: "us" } });
  expect(body.model).toEqual({ id: MODEL, effort: { type: "medium" }, speed: "fast", inference_geo: "us" });
  const cleared = await update(body.id, { model: { id: MODEL, speed: "fast" } });
  expect(cleared.body.model).toEqual({ id: MODEL, effort: { type: "medium" }, speed: "fast" });
});

test("null and [] clear lists; name and model cannot be cleared", async () => {
  const tools = [{ type: "agent_toolset_20260401" }];
  for (const none of [null, []]) {
    const { body } = await make({ tools });
    expect((await update(body.id, { tools: none })).body).toMatchObject({ version: 2, tools: [] });
  }
  const { body } = await make();
  for (const field of ["name", "model"]) {
    const refused = await update(body.id, { [field]: null });
    expect(refused.status).toBe(400);
    expect(refused.body.error?.message).toMatch(new RegExp(`^agent\\.${field}: `));
  }
});

test("an update's paths begin with agent, the merged bag's limit included", async () => {
  const bag = (from: number, n: number) =>
    Object.fromEntries(Array.from({ length: n }, (_, i) => [`k${from + i}`, "v"]));
  const { body } = await make({ metadata: bag(0, 10) });
  const over = await update(body.id, { metadata: bag(10, 7) });
  expect(over.status).toBe(400);
  expect(over.body.error?.message).toMatch(/^agent\.metadata: .*16 pairs/);
  expect((await update(body.id, { metadata: { ...bag(10, 7), k0: null } })).status).toBe(200);
  expect((await update(body.id, { bogus: 1 })).body.error?.message).toMatch(/^agent\.bogus: /);
  expect((await update(body.id, { skills: [{ type: "anthropic", skill_id: "x" }] })).body.error?.message).toMatch(
    /^agent\.skills: /,
  );
});

test("a stale version is a 409 that is not retried, even when nothing would change", async () => {
  const { body } = await make();
  await update(body.id, { name: "b" });
  for (const fields of [{ version: 1, name: "c" }, { version: 1, name: "b" }, { version: 1 }, { version: 3 }]) {
    const stale = await update(body.id, fields);
    expect({ status: stale.status, type: stale.body.error?.type }).toEqual({
      status: 409,
      type: "invalid_request_error",
    });
    expect(stale.headers.get("x-should-retry")).toBe("false");
  }
  expect((await update(body.id, { version: 0 })).status).toBe(400);
});

test("concurrent updates without a lock all land, each as its own version", async () => {
  const { body } = await make();
  const numbers = Array.from({ length: 6 }, (_, i) => i);
  const answers = await Promise.all(numbers.map((n) => update(body.id, { metadata: { [`k${n}`]: "v" } })));
  expect(answers.map((answer) => answer.status)).toEqual(numbers.map(() => 200));
  expect(new Set(answers.map((answer) => answer.body.version)).size).toBe(6);
  const { version, metadata } = (await get(`/${body.id}`)).body;
  expect([version, metadata]).toEqual([7, Object.fromEntries(numbers.map((n) => [`k${n}`, "v"]))]);
});

test("of concurrent updates with one lock a single one lands", async () => {
  const { body } = await make();
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, i) => update(body.id, { version: 1, name: `b${i}` })),
  );
  expect(answers.map((answer) => answer.status).sort()).toEqual([200, 409, 409, 409, 409, 409, 409, 409]);
  expect((await get(`/${body.id}`)).body.version).toBe(2);
});

test("an archived agent can be read, not changed; archiving twice keeps the first stamp", async () => {
  const { body } = await make();
  const first = await call(server, "POST", `/v1/agents/${body.id}/archive`);
  expect(first.body.archived_at).not.toBeNull();
  expect((await call(server, "POST", `/v1/agents/${body.id}/archive`)).body).toEqual(first.body);
  expect((await update(body.id, { name: "b" })).status).toBe(400);
  expect((await get(`/${body.id}`)).body.archived_at).toBe(first.body.archived_at);
  const listed = async (query: string) =>
    ((await get(query)).body.data as Agent[]).some((agent) => agent.id === body.id);
  expect(await listed("?limit=100")).toBe(false);
  expect(await listed("?limit=100&include_archived=true")).toBe(true);
});

test("versions are listed newest first, in pages", async () => {
  const { body } = await make();
  for (const name of ["b", "c", "d"]) await update(body.id, { name });
  const first = (await get(`/${body.id}/versions?limit=3`)).body as { data: Agent[]; next_page: string | null };
  expect(first.data.map((agent) => [agent.version, agent.name])).toEqual([
    [4, "d"],
    [3, "c"],
    [2, "b"],
  ]);
  const rest = (await get(`/${body.id}/versions?limit=3&page=${first.next_page}`)).body;
  expect((rest.data as Agent[]).map((agent) => agent.version)).toEqual([1]);
  expect(rest.next_page).toBeNull();
});

test("a version that never was is a 404", async () => {
  expect((await get(`/${(await make()).body.id}?version=2`)).status).toBe(404);
});

test("a list goes through all pages once, newest first, and only through its own workspace", async () => {
  for (let i = 0; i < 5; i++) await call(server, "POST", "/v1/agents", { name: `o${i}`, model: MODEL }, OTHER);
  const seen: string[] = [];
  let page: string | null = null;
  do {
    const { body } = await get(`?limit=2${page === null ? "" : `&page=${page}`}`, OTHER);
    seen.push(...(body.data as Agent[]).map((agent) => agent.name));
    page = body.next_page as string | null;
  } while (page !== null);
  expect(seen).toEqual(["o4", "o3", "o2", "o1", "o0"]);
});

test("the list refuses a cursor that it did not give", async () => {
  const { status, body } = await get("?page=zzz");
  expect([status, body.error?.message]).toEqual([400, expect.stringMatching(/^page: /)]);
});

test("created_at bounds are inclusive, and beta=true is ignored", async () => {
  const { body } = await make();
  const at = encodeURIComponent(String(body.created_at));
  const ids = async (query: string) =>
    ((await get(`?limit=100&beta=true&${query}`)).body.data as Agent[]).map((agent) => agent.id);
  expect(await ids(`created_at[gte]=${at}`)).toContain(body.id);
  expect(await ids(`created_at%5Blte%5D=${at}`)).toContain(body.id);
  expect(await ids("created_at[gte]=2999-01-01T00:00:00Z")).toEqual([]);
});
