/** `client.beta.sessions.update` and budgets (spec/core.md §4.9, §4.10, §4.11). The order of events is in the golden logs. */
import Anthropic, { type APIError } from "@anthropic-ai/sdk";
import { describe, expect, test } from "vitest";
import { PLAIN, TWO_FORMS } from "./forms.ts";
import { useLab } from "./lab.ts";
import { message, open, send, turn } from "./reader.ts";
import { refused } from "./refusal.ts";
import { reportRules } from "./rules.ts";

const lab = useLab();
const toolset = { type: "agent_toolset_20260401" as const };
const lookup = {
  type: "custom" as const,
  name: "lookup",
  description: "Looks up.",
  input_schema: { type: "object" as const },
};
const limit = (amount: string) => ({ type: "limit" as const, max_list_cost: { amount, currency: "USD" as const } });
const BAD = Anthropic.BadRequestError;

async function updates(client: Anthropic, id: string): Promise<object[]> {
  const page = await client.beta.sessions.events.list(id, { types: ["session.updated"] });
  return page.data.map((event) => {
    const { id: _, processed_at: _at, type: _type, ...fields } = event as unknown as { [field: string]: unknown };
    return fields;
  });
}

/** The row that the list shows. */
async function listed(client: Anthropic, id: string) {
  for await (const session of client.beta.sessions.list({ limit: 100 })) if (session.id === id) return session;
  return undefined;
}

describe.each(TWO_FORMS)("$name", (form) => {
  test("an update shows at once in its answer, in a retrieve, in the list, on the stream and in the log", async () => {
    const { client, session } = await lab.talk(
      form,
      { tools: [toolset] },
      { title: "first", metadata: { a: "1" }, budget: limit("900") },
    );
    const reader = await open(client, session.id);
    const changed = await client.beta.sessions.update(session.id, {
      title: "second",
      metadata: { a: null, b: "2" },
      budget: limit("800"),
      agent: { tools: [{ ...toolset, configs: [{ name: "write", enabled: false }] }, lookup] },
    });
    expect(changed).toMatchObject({ title: "second", metadata: { b: "2" }, budget: limit("800"), status: "idle" });
    expect(changed.updated_at > session.updated_at).toBe(true);
    const settings = { enabled: true, permission_policy: { type: "always_allow" } };
    const write = { name: "write", type: "write", enabled: false, permission_policy: { type: "always_allow" } };
    expect(changed.agent).toEqual({
      ...session.agent,
      tools: [{ ...toolset, default_config: settings, configs: [write] }, lookup],
    });
    const { stats: _, ...shown } = changed;
    for (const seen of [await client.beta.sessions.retrieve(session.id), await listed(client, session.id)])
      expect(seen).toMatchObject(shown);
    const { agent, title, metadata, budget } = changed;
    expect(await updates(client, session.id)).toEqual([{ agent, title, metadata, budget }]);
    expect(await reader.nth("session.updated")).toMatchObject({ agent, title, metadata, budget });
    reader.close();
  });

  test("only what changed is told, and what changed nothing is not", async () => {
    const { client, session } = await lab.talk(
      form,
      { tools: [toolset] },
      { title: "same", metadata: { a: "1" }, budget: limit("5") },
    );
    const same = { title: "same", metadata: { a: "1", gone: null }, budget: limit("5"), agent: { tools: [toolset] } };
    for (const params of [{}, { metadata: {} }, { metadata: null }, { agent: {} }, same])
      expect((await client.beta.sessions.update(session.id, params)).updated_at).toBe(session.updated_at);
    await client.beta.sessions.update(session.id, { ...same, title: null });
    await client.beta.sessions.update(session.id, { ...same, title: undefined, metadata: { a: null } });
    await client.beta.sessions.update(session.id, { budget: null });
    // An emptied bag is left out (SDK).
    expect(await updates(client, session.id)).toEqual([{ title: null }, {}, { budget: null }]);
    expect(await listed(client, session.id)).toMatchObject({ title: null, metadata: {}, budget: null });
  });
});

const REFUSED: [RegExp, object][] = [
  [/^agent\.model: unknown key/, { agent: { model: "claude-opus-5-5" } }],
  [/^agent\.system: unknown key/, { agent: { system: "x" } }],
  [/^agent\.skills: unknown key/, { agent: { skills: [] } }],
  [/^resources: unknown key/, { resources: [] }],
  [/^vault_ids: cannot be changed/, { vault_ids: [] }],
  [
    /^agent\.mcp_servers: .*not supported/,
    {
      agent: {
        mcp_servers: [{ type: "url", name: "m", url: "https://m.example" }],
        tools: [{ type: "mcp_toolset", mcp_server_name: "m" }],
      },
    },
  ],
  [
    /^agent\.mcp_servers\.0: no mcp_toolset/,
    { agent: { mcp_servers: [{ type: "url", name: "m", url: "https://m.example" }] } },
  ],
  [/^agent\.tools\.1\.custom\.name: another tool/, { agent: { tools: [toolset, { ...lookup, name: "bash" }] } }],
  [/^agent\.tools\.0\.custom\.name/, { agent: { tools: [{ ...lookup, name: "" }] } }],
  [/^agent\.tools: must be/, { agent: { tools: null } }],
  [
    /^metadata: .*would have 17/,
    { metadata: Object.fromEntries(Array.from({ length: 16 }, (_, i) => [`k${i}`, "v"])) },
  ],
  [/^metadata\.k: must have at most 512/, { metadata: { k: "v".repeat(513) } }],
  [/^title: must have at most 1000/, { title: "t".repeat(1_001) }],
  [/^budget\.max_list_cost\.currency/, { budget: { type: "limit", max_list_cost: { amount: "5", currency: "EUR" } } }],
  [/^budget\.max_list_cost\.amount/, { budget: limit("0") }],
  [/^budget\.max_list_cost\.amount/, { budget: limit("1.5") }],
];

test.each(REFUSED)("refused, and nothing is changed: %s", async (words, params) => {
  const { client, session } = await lab.talk(PLAIN, {}, { metadata: { own: "1" }, budget: limit("7") });
  const error = await refused(client.beta.sessions.update(session.id, { title: "new", ...params } as never), BAD);
  expect(error.apiMessage).toMatch(words);
  expect(await client.beta.sessions.retrieve(session.id)).toMatchObject({
    title: null,
    updated_at: session.updated_at,
  });
});

test("a session of another workspace, an unknown one and an archived one", async () => {
  const { client, session } = await lab.talk();
  await refused(lab.other().beta.sessions.update(session.id, { title: "mine" }), Anthropic.NotFoundError);
  await client.beta.sessions.archive(session.id);
  const error = await refused(client.beta.sessions.update(session.id, { title: "late" }), Anthropic.ConflictError);
  expect([error.type, error.headers?.get("x-should-retry")]).toEqual(["invalid_request_error", "false"]);
});

test("updates at the same time are all there", async () => {
  const { client, session } = await lab.talk();
  const keys = Array.from({ length: 8 }, (_, i) => `k${i}`);
  await Promise.all(keys.map((key) => client.beta.sessions.update(session.id, { metadata: { [key]: "1" } })));
  const metadata = Object.fromEntries(keys.map((key) => [key, "1"]));
  expect((await client.beta.sessions.retrieve(session.id)).metadata).toEqual(metadata);
  expect((await listed(client, session.id))?.metadata).toEqual(metadata);
});

const codeOf = (error: APIError) => error.errorCode;

test("a budget: exact where it counts, rounded where it shows, in every usage, and for the operator too", async () => {
  const client = lab.client();
  // Sonnet 5.5: 10 USD per million of output; 0.9 cents each, so that the second crosses a cap of one cent that two would round to.
  const go = lab.script(
    ...["a", "b", "c"].map((words) => ({
      blocks: [{ type: "text" as const, text: words }],
      usage: { input_tokens: 0, cache_creation_input_tokens: 0, output_tokens: 900 },
    })),
  );
  const session = await lab.session(client, {}, { budget: limit("1") });
  expect(session.budget).toEqual(limit("1"));
  await turn(client, session.id, [message(go)]);
  expect((await client.beta.sessions.retrieve(session.id)).usage.list_cost).toEqual({ amount: "1", currency: "USD" });
  await turn(client, session.id, [message("on")]);
  const [last] = (await client.beta.sessions.events.list(session.id, { types: ["session.usage"], order: "desc" })).data;
  expect(last).toMatchObject({ budget: limit("1"), usage: { list_cost: { amount: "2" }, output_tokens: 1_800 } });
  const error = await refused(send(client, session.id, message("on")), BAD);
  expect(error.apiMessage).toMatch(
    /user\.tool_confirmation, user\.custom_tool_result, user\.tool_result and user\.interrupt/,
  );
  const headers = { authorization: `Bearer ${lab.server.key}` };
  const health = (await (await fetch(`${lab.server.url}/x/sessions/${session.id}/health`, { headers })).json()) as {
    spent: { exact_usd: string };
  };
  expect(health).toMatchObject({ budget: limit("1"), spent: { list_cost: { amount: "2" } } });
  expect(Number(health.spent.exact_usd)).toBeGreaterThanOrEqual(0.018);
  const low = await refused(client.beta.sessions.update(session.id, { budget: limit("1") }), BAD);
  expect([codeOf(low), low.apiMessage]).toEqual([
    "budget_not_raised",
    expect.stringContaining(`${health.spent.exact_usd} USD`),
  ]);
  // Two cents are shown; a little less were used.
  expect((await client.beta.sessions.update(session.id, { budget: limit("2") })).status).toBe("idle");
  await turn(client, session.id, [message("on")]);
  expect((await client.beta.sessions.update(session.id, { budget: null })).budget).toBeNull();
  for (const budget of [limit("9"), limit("10000")])
    expect(codeOf(await refused(client.beta.sessions.update(session.id, { budget }), BAD))).toBe("budget_create_only");
});

test("a session that never had a budget gets none", async () => {
  const { client, session } = await lab.talk(PLAIN);
  const error = await refused(client.beta.sessions.update(session.id, { budget: limit("100") }), BAD);
  expect([codeOf(error), error.apiMessage]).toEqual(["budget_create_only", expect.stringMatching(/^budget: /)]);
  expect((await client.beta.sessions.update(session.id, { budget: null })).budget).toBeNull();
});

test("a model without system turns gets its new tools at the head, and thinking that no longer fits is dropped", async () => {
  const client = lab.client();
  const go = lab.script(
    { blocks: [{ type: "thinking" }, { type: "text", text: "a" }] },
    { blocks: [{ type: "text", text: "b" }] },
  );
  const session = await lab.session(client, { model: "claude-sonnet-5", tools: [toolset] });
  await turn(client, session.id, [message(go)]);
  await client.beta.sessions.update(session.id, { agent: { tools: [lookup] } });
  await turn(client, session.id, [message("on")]);
  const sent = lab.model.journal.messages().slice(-2);
  expect(sent.map((entry) => entry.verdict)).toEqual([null, null]);
  const [, second] = sent.map(
    (entry) => JSON.parse(entry.raw?.toString() ?? "") as { tools: { name: string }[]; thinking: object },
  );
  expect(second?.tools.map((tool) => tool.name)).toEqual(["lookup"]);
  expect(second?.thinking).toMatchObject({ block_binding: { prefix_mismatch_behavior: "drop_block" } });
  expect(sent[1]?.headers["anthropic-beta"]).toContain("thinking-binding-controls-2026-08-01");
});

test.each(["claude-sonnet-5-5", "claude-sonnet-5"])(
  "%s: a raise and other tools at once take up what waited, with the other tools",
  async (model) => {
    const client = lab.client();
    const go = lab.script({
      blocks: [{ type: "text", text: "No." }],
      stop_reason: "refusal",
      usage: { input_tokens: 0, cache_creation_input_tokens: 0, output_tokens: 90_000 },
      hold: "before_headers",
    });
    const session = await lab.session(client, { model, tools: [toolset] }, { budget: limit("1") });
    const reader = await open(client, session.id);
    await send(client, session.id, message(go));
    await lab.model.held(1);
    await send(client, session.id, message("waits"));
    lab.model.release();
    // The refusal has ended the turn; the budget keeps what waits from beginning another.
    expect((await reader.nth("session.thread_status_idle")).stop_reason.type).toBe("refusal");
    expect((await reader.idle()).stop_reason.type).toBe("budget_reached");
    const change = { budget: limit("100000"), agent: { tools: [toolset, lookup] } };
    expect((await client.beta.sessions.update(session.id, change)).status).toBe("running");
    // What was refused is not in the conversation, so the script begins again.
    await lab.model.held(1);
    lab.model.release();
    expect((await reader.idle(2)).stop_reason.type).toBe("refusal");
    reader.close();
    const [last] = lab.model.journal.messages().slice(-1);
    expect(last?.verdict).toBeNull();
    expect(last?.raw?.toString()).toContain('"lookup"');
  },
);

reportRules(["schema", "log.budget-reached", "log.budget-holds", "log.idle-group"]);
