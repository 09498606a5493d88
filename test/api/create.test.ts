/** What a session's create body may say, rule by rule: overrides, budgets, references, title and metadata (spec/core.md §4.2, §4.11). */
import { beforeAll, beforeEach, expect, test } from "vitest";
import type { SessionAgent } from "../../src/protocol/agents.ts";
import { newId } from "../../src/protocol/ids.ts";
import type { Session } from "../../src/protocol/sessions.ts";
import { call, OTHER_KEY, testServer } from "./harness.ts";

const server = testServer();
const MODEL = "claude-opus-5-5";
const toolset = { type: "agent_toolset_20260401" };
const custom = { type: "custom", name: "ask", description: "Asks.", input_schema: { type: "object" } };
const mcp = {
  mcp_servers: [{ type: "url", name: "docs", url: "https://mcp.example.com" }],
  tools: [toolset, { type: "mcp_toolset", mcp_server_name: "docs" }],
};
let environment = "";
let base = "";

const post = (path: string, body?: unknown, headers = {}) => call(server, "POST", path, body, headers);
const create = (fields: object) => post("/v1/sessions", { agent: base, environment_id: environment, ...fields });
const agentId = async (fields: object) =>
  String((await post("/v1/agents", { name: "a", model: MODEL, ...fields })).body.id);
const over = (id: string, fields: object) => create({ agent: { type: "agent_with_overrides", id, ...fields } });
const runs = async (id: string, fields: object): Promise<SessionAgent> => {
  const { status, body } = await over(id, fields);
  expect(status, body.error?.message).toBe(200);
  return (body as unknown as Session).agent;
};

/** A 400 that begins with the path, and no object hears of the session. */
async function refused(answer: ReturnType<typeof create>, message: RegExp, code?: string): Promise<void> {
  const before = server.objects.calls.length;
  const { status, body } = await answer;
  expect([status, body.error?.type]).toEqual([400, "invalid_request_error"]);
  expect(body.error?.message).toMatch(message);
  expect(body.error?.details?.error_code).toBe(code);
  expect(server.objects.calls.slice(before)).toEqual([]);
}

beforeAll(async () => {
  environment = String((await post("/v1/environments", { name: "e" })).body.id);
  base = await agentId({
    model: { id: MODEL, effort: "max", inference_geo: "us" },
    system: "base",
    tools: [toolset],
    description: "d",
    metadata: { a: "1" },
  });
});
beforeEach(() => server.objects.calls.splice(0));

test("an agent by id, by reference and by reference without overrides is the same snapshot", async () => {
  const forms = [base, { type: "agent", id: base }, { type: "agent", id: base, version: 1 }];
  const plain = await Promise.all(forms.map(async (agent) => (await create({ agent })).body.agent));
  const snapshot = await runs(base, {});
  expect(plain).toEqual([snapshot, snapshot, snapshot]);
  expect(snapshot).toMatchObject({ id: base, version: 1, system: "base", description: "d", model: { id: MODEL } });
  expect(snapshot.model).toEqual({ id: MODEL, effort: { type: "max" }, inference_geo: "us", speed: "standard" });
  expect(snapshot).not.toHaveProperty("metadata");
});

test("what a session was created with stays, and overrides are of the version that they name", async () => {
  const id = await agentId({ system: "one" });
  await post(`/v1/agents/${id}`, { system: "two", tools: [custom] });
  expect(await runs(id, {})).toMatchObject({ version: 2, system: "two", tools: [custom] });
  expect(await runs(id, { version: 1, tools: [toolset] })).toMatchObject({ version: 1, system: "one" });
  expect((await runs(id, { version: 2, system: null })).tools).toEqual([custom]);
});

test.each<[string, object, object]>([
  ["system null", { system: null }, { system: null }],
  ["system value", { system: "mine" }, { system: "mine" }],
  ["tools null", { tools: null }, { tools: [] }],
  ["tools []", { tools: [] }, { tools: [] }],
  ["tools value", { tools: [custom] }, { tools: [custom] }],
  ["mcp_servers null", { mcp_servers: null }, { mcp_servers: [] }],
  ["mcp_servers []", { mcp_servers: [] }, { mcp_servers: [] }],
  ["skills null", { skills: null }, { skills: [] }],
  ["skills []", { skills: [] }, { skills: [] }],
])("an override of %s changes that and inherits the rest", async (_, fields, changed) => {
  expect(await runs(base, fields)).toEqual({ ...(await runs(base, {})), ...changed });
});

test.each<[string, unknown, object]>([
  ["the same model by name", MODEL, { id: MODEL, effort: { type: "medium" } }],
  ["the same model as an object", { id: MODEL }, { id: MODEL, effort: { type: "medium" } }],
  ["an effort of its own", { id: MODEL, effort: "low" }, { id: MODEL, effort: { type: "medium" } }],
  ["another model", "claude-opus-5", { id: "claude-opus-5", effort: { type: "high" } }],
  [
    "a region",
    { id: MODEL, inference_geo: "global" },
    { id: MODEL, effort: { type: "medium" }, inference_geo: "global" },
  ],
])("an override of the model by %s replaces it whole: no effort stays, no region but its own", async (_, model, is) => {
  expect((await runs(base, { model })).model).toEqual({ ...is, speed: "standard" });
});

test("a model cannot be cleared", () =>
  refused(over(base, { model: null }), /^agent\.model: cannot be cleared/, "agent_model_required"));

test("tools are not cleared from under skills, which may be cleared with them", async () => {
  const id = await agentId({ tools: [toolset], skills: [{ type: "anthropic", skill_id: "pdf" }] });
  await refused(over(id, { tools: [] }), /^agent\.skills: need the read tool/);
  await refused(over(id, { tools: null }), /^agent\.skills: need the read tool/);
  await refused(over(id, { tools: [custom] }), /^agent\.skills: need the read tool/);
  await refused(over(id, {}), /^agent\.skills: skills are not supported/);
  expect(await runs(id, { tools: [], skills: [] })).toMatchObject({ tools: [], skills: [] });
  expect(await runs(id, { skills: null })).toMatchObject({ skills: [], tools: [toolset] });
  await refused(over(base, { tools: [], skills: [{ type: "anthropic", skill_id: "pdf" }] }), /^agent\.skills: need/);
});

test("servers are not cleared from under their toolsets, nor toolsets from under their servers", async () => {
  const id = await agentId(mcp);
  await refused(over(id, { mcp_servers: [] }), /^agent\.tools\.1\.mcp_toolset\.mcp_server_name: names no entry/);
  await refused(over(id, { mcp_servers: null }), /^agent\.tools\.1\.mcp_toolset\.mcp_server_name: names no entry/);
  await refused(over(id, { tools: [toolset] }), /^agent\.mcp_servers\.0: no mcp_toolset/);
  expect(await runs(id, { mcp_servers: [], tools: [toolset] })).toMatchObject({ mcp_servers: [] });
  await refused(over(base, mcp), /^agent\.mcp_servers: MCP servers are not supported/);
});

const cap = (amount: unknown, more = {}) => ({
  budget: { type: "limit", max_list_cost: { amount, currency: "USD", ...more } },
});

test("a budget is kept, echoed, listed and given to the object; without one it is null", async () => {
  const { body } = await create(cap("2500"));
  expect(body.budget).toEqual(cap("2500").budget);
  expect(server.objects.sessions.get(String(body.id))?.init.budget).toEqual(cap("2500").budget);
  const none = [(await create({})).body, (await create({ budget: null })).body];
  expect(none.map((session) => session.budget)).toEqual([null, null]);
  const listed = (await call(server, "GET", "/v1/sessions?limit=100")).body.data as Session[];
  const budgets = [body, ...none].map(({ id }) => listed.find((one) => one.id === id)?.budget);
  expect(budgets).toEqual([cap("2500").budget, null, null]);
});

test("a lost answer's repeat makes the session with its budget", async () => {
  const log = console.error;
  console.error = () => {};
  server.objects.failNext = new Error("lost");
  const send = () =>
    post("/v1/sessions", { agent: base, environment_id: environment, ...cap("7") }, { "idempotency-key": "lost-1" });
  expect((await send()).status).toBe(500);
  console.error = log;
  expect((await send()).body.budget).toEqual(cap("7").budget);
});

test.each<[string, object, RegExp]>([
  ["no cents", cap("0"), /^budget\.max_list_cost\.amount: must be a positive whole number/],
  ["a leading zero", cap("01"), /^budget\.max_list_cost\.amount: /],
  ["a fraction", cap("1.5"), /^budget\.max_list_cost\.amount: /],
  ["a negative", cap("-1"), /^budget\.max_list_cost\.amount: /],
  ["an exponent", cap("1e3"), /^budget\.max_list_cost\.amount: /],
  ["a number", cap(25), /^budget\.max_list_cost\.amount: must be a string, is a number/],
  ["other digits", cap("١"), /^budget\.max_list_cost\.amount: /],
  ["more than fits", cap("9".repeat(16)), /^budget\.max_list_cost\.amount: must have at most 15 digits/],
  ["euros", cap("1", { currency: "EUR" }), /^budget\.max_list_cost\.currency: must be USD/],
  ["an unknown key", cap("1", { per: "day" }), /^budget\.max_list_cost\.per: unknown key/],
  ["no type", { budget: { max_list_cost: { amount: "1", currency: "USD" } } }, /^budget\.type: /],
])("a budget of %s is refused", (_, fields, message) => refused(create(fields), message));

test("a model without a public price has no budget, also where an override names it", async () => {
  const id = await agentId({ model: "rehearsal" });
  await refused(create({ agent: id, ...cap("1") }), /^budget: the model rehearsal has no/, "model_not_budgetable");
  const agent = { type: "agent_with_overrides", id: base, model: "rehearsal" };
  await refused(create({ agent, ...cap("1") }), /^budget: /, "model_not_budgetable");
  expect((await create({ agent: id })).status).toBe(200);
  expect((await create({ agent: { ...agent, id, model: MODEL }, ...cap("1") })).status).toBe(200);
});

test("a provider's model has a budget if its row has prices", async () => {
  const PROVIDERS = JSON.stringify([
    { match: ["priced"], base_url: "https://model.example.com", key_binding: "K", prices: [{ input: 1, output: 2 }] },
    { match: ["free"], base_url: "https://model.example.com", key_binding: "K" },
  ]);
  const there = { env: { ...server.env, PROVIDERS } };
  const made = async (model: string) => {
    const { body } = await call(there, "POST", "/v1/agents", { name: "p", model });
    const session = { agent: body.id, environment_id: environment, ...cap("1") };
    return (await call(there, "POST", "/v1/sessions", session)).status;
  };
  expect([await made("priced"), await made("free")]).toEqual([200, 400]);
});

test.each<[string, object, RegExp | null]>([
  ["a title of 1,000 emoji", { title: "🌊".repeat(1_000) }, null],
  ["a longer title", { title: "🌊".repeat(1_001) }, /^title: must have at most 1000/],
  ["no title", { title: null }, null],
  ["a title that is a number", { title: 1 }, /^title: /],
  ["16 pairs", { metadata: Object.fromEntries(Array.from({ length: 16 }, (_, i) => [`k${i}`, "v"])) }, null],
  [
    "17 pairs",
    { metadata: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`k${i}`, "v"])) },
    /^metadata: must have at most 16 pairs/,
  ],
  ["a key of 64 characters", { metadata: { ["🌊".repeat(64)]: "v" } }, null],
  ["a longer key", { metadata: { ["k".repeat(65)]: "v" } }, /^metadata: has a key of more than 64/],
  ["an empty key", { metadata: { "": "v" } }, /^metadata: must not have an empty key/],
  ["a value of 512 characters", { metadata: { k: "🌊".repeat(512) } }, null],
  ["a longer value", { metadata: { k: "v".repeat(513) } }, /^metadata\.k: must have at most 512/],
  ["a null value", { metadata: { k: null } }, /^metadata\.k: must be a string, is null/],
  ["the key constructor", { metadata: { constructor: "v", toString: "w", hasOwnProperty: "x" } }, null],
  ["empty lists", { vault_ids: [], resources: [], initial_events: [] }, null],
  ["a vault", { vault_ids: ["vlt_1"] }, /^vault_ids: vaults are not supported/],
])("%s", async (_, fields, message) => {
  if (message) return refused(create(fields), message);
  const { status, body } = await create(fields);
  expect(status).toBe(200);
  const { title = null, metadata = {} } = fields as Partial<Session>;
  expect([body.title, body.metadata, body.status]).toEqual([title, metadata, "idle"]);
});

test("the key __proto__ is refused by name, not dropped", async () => {
  const body = `{"agent":"${base}","environment_id":"${environment}","metadata":{"__proto__":"x"}}`;
  const answer = await post("/v1/sessions", body, { "content-type": "application/json" });
  expect([answer.status, answer.body.error?.message]).toEqual([400, expect.stringMatching(/^metadata\.__proto__: /)]);
});

test("another workspace's agent and environment are missing, whatever form names them", async () => {
  const other = { "x-api-key": OTHER_KEY };
  const theirs = {
    agent: String((await post("/v1/agents", { name: "x", model: MODEL }, other)).body.id),
    environment: String((await post("/v1/environments", { name: "x" }, other)).body.id),
  };
  for (const fields of [
    { agent: theirs.agent },
    { agent: { type: "agent", id: theirs.agent, version: 1 } },
    { agent: { type: "agent_with_overrides", id: theirs.agent, system: "mine" } },
    { agent: newId("agent") },
    { agent: { type: "agent", id: base, version: 2 } },
    { environment_id: theirs.environment },
  ]) {
    const { status, body } = await create(fields);
    expect([status, body.error?.type]).toEqual([404, "not_found_error"]);
  }
  expect(server.objects.calls).toEqual([]);
});

test("an archived agent or environment is a 400, whatever form names it", async () => {
  const id = await agentId({});
  const gone = String((await post("/v1/environments", { name: "gone" })).body.id);
  expect((await create({ agent: id, environment_id: gone })).status).toBe(200);
  server.objects.calls.splice(0);
  await post(`/v1/agents/${id}/archive`);
  await post(`/v1/environments/${gone}/archive`);
  await refused(create({ agent: id }), /^agent: .* is archived/);
  await refused(create({ agent: { type: "agent", id, version: 1 } }), /^agent: .* is archived/);
  await refused(over(id, { system: "x" }), /^agent: .* is archived/);
  await refused(create({ environment_id: gone }), /^environment_id: .* is archived/, "environment_archived");
});
