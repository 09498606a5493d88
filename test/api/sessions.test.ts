import { beforeAll, beforeEach, expect, test, vi } from "vitest";
import { newId } from "../../src/protocol/ids.ts";
import { Session } from "../../src/protocol/sessions.ts";
import { SessionThread } from "../../src/protocol/threads.ts";
import { type Answer, call, OTHER_KEY, testServer } from "./harness.ts";

const server = testServer();
const OTHER = { "x-api-key": OTHER_KEY };
const MODEL = "claude-opus-5-5";
let agent = "";
let environment = "";

const post = (path: string, body?: unknown, headers = {}) => call(server, "POST", path, body, headers);
const get = (path: string, headers = {}) => call(server, "GET", path, undefined, headers);
const create = (fields: object = {}, headers = {}) =>
  post("/v1/sessions", { agent, environment_id: environment, ...fields }, headers);
const said = (text: string) => ({ type: "user.message", content: [{ type: "text", text }] });
const listed = async (query = "", headers = {}) =>
  ((await get(`/v1/sessions?limit=100&${query}`, headers)).body.data as Session[]).map((one) => one.id);
const error = ({ status, body }: Answer) => ({ status, type: body.error?.type });

beforeAll(async () => {
  const tools = [{ type: "agent_toolset_20260401" }];
  agent = String((await post("/v1/agents", { name: "a", model: MODEL, system: "base", tools })).body.id);
  environment = String((await post("/v1/environments", { name: "e" })).body.id);
});
beforeEach(() => server.objects.calls.splice(0));

test("create gives the object what it keeps, and answers with what the object says", async () => {
  const { status, body } = await create({ title: "T", metadata: { a: "1" }, initial_events: [said("hi")] });
  expect(status).toBe(200);
  expect(Session.parse(body)).toEqual(body);
  const held = server.objects.sessions.get(String(body.id));
  expect(held?.init).toMatchObject({
    id: body.id,
    workspace: "default",
    environmentId: environment,
    environment: { type: "cloud", networking: { type: "unrestricted" } },
    title: "T",
    metadata: { a: "1" },
    agent: { id: agent, version: 1, system: "base" },
  });
  const [made] = server.objects.calls;
  expect(made).toMatchObject({ method: "create", sender: { cred: "ops", key: null, retry: 0 } });
  expect(made?.drafts?.map((draft) => [draft.type, new TextDecoder().decode(draft.content as Uint8Array)])).toEqual([
    ["user.message", '[{"type":"text","text":"hi"}]'],
  ]);
  expect((await get(`/v1/sessions/${body.id}`)).body).toEqual(body);
});

test.each([
  [{ agent: undefined }, /^agent: /, undefined],
  [{ environment_id: undefined }, /^environment_id: /, undefined],
  [{ environment_id: "" }, /^environment_id: /, undefined],
  [{ bogus: 1 }, /^bogus: /, undefined],
  [{ agent: { type: "agent_with_overrides", id: "x", model: null } }, /^agent\.model: /, "agent_model_required"],
  [{ metadata: { k: 1 } }, /^metadata\.k: /, undefined],
  [{ title: "x".repeat(1_001) }, /^title: /, undefined],
  [{ initial_events: [{ type: "user.interrupt" }] }, /^initial_events\.0\.type: /, undefined],
  [{ initial_events: [said("")] }, /^initial_events\.0\.user_message\.content\.0\.text: /, undefined],
  [{ initial_events: new Array(51).fill(said("x")) }, /^initial_events: /, undefined],
  [
    { initial_events: [{ type: "user.define_outcome", description: "d", rubric: { type: "text", content: "c" } }] },
    /^initial_events\.0\.user_define_outcome: outcomes are not supported/,
    undefined,
  ],
  [{ vault_ids: ["vlt_x"] }, /^vault_ids: .*not supported/, undefined],
  [{ resources: [{ type: "file", file_id: "file_x" }] }, /^resources\.0\.file: .*not supported/, undefined],
])("create with %j is a 400 at its path and makes nothing", async (fields, message, code) => {
  const before = await listed();
  const answer = await create(fields);
  expect(error(answer)).toEqual({ status: 400, type: "invalid_request_error" });
  expect(answer.body.error?.message).toMatch(message);
  expect(answer.body.error?.details?.error_code).toBe(code);
  expect(server.objects.calls).toEqual([]);
  expect(await listed()).toEqual(before);
});

test("an unknown model in an override is a 400 at its path", async () => {
  const answer = await create({ agent: { type: "agent_with_overrides", id: agent, model: "gpt-nothing" } });
  expect(answer.status).toBe(400);
  expect(answer.body.error?.message).toMatch(/^agent\.model\.id: /);
});

test("missing references are 404s, archived ones 400s, and neither wakes an object", async () => {
  const made = {
    agent: String((await post("/v1/agents", { name: "x", model: MODEL })).body.id),
    env: String((await post("/v1/environments", { name: "gone" })).body.id),
  };
  for (const fields of [
    { agent: newId("agent") },
    { agent: "agent_x" },
    { agent: { type: "agent", id: agent, version: 9 } },
    { environment_id: newId("env") },
    { environment_id: "env_x' OR 1=1" },
  ])
    expect(error(await create(fields))).toEqual({ status: 404, type: "not_found_error" });
  expect((await create({}, OTHER)).status).toBe(404);
  await post(`/v1/agents/${made.agent}/archive`);
  await post(`/v1/environments/${made.env}/archive`);
  expect(error(await create({ agent: made.agent }))).toEqual({ status: 400, type: "invalid_request_error" });
  const archived = await create({ environment_id: made.env });
  expect(error(archived)).toEqual({ status: 400, type: "invalid_request_error" });
  expect(archived.body.error?.details?.error_code).toBe("environment_archived");
  expect(server.objects.calls).toEqual([]);
});

test("an Idempotency-Key makes one session, per credential; with another body it is refused", async () => {
  const key = { "idempotency-key": "k-1" };
  const first = await create({ title: "one" }, key);
  const again = await create({ title: "one" }, key);
  expect(again.body.id).toBe(first.body.id);
  const other = await create({ title: "two" }, key);
  expect(error(other)).toEqual({ status: 400, type: "invalid_request_error" });
  expect(other.body.error?.message).toMatch(/^idempotency-key: /);
  expect((await create({ title: "one" }, { "idempotency-key": "k-2" })).body.id).not.toBe(first.body.id);
  expect((await create({ title: "one" })).body.id).not.toBe(first.body.id);
});

test("ten copies of one keyed request at the same time make one session", async () => {
  const answers = await Promise.all(
    Array.from({ length: 10 }, () => create({ title: "race" }, { "idempotency-key": "race" })),
  );
  expect(answers.map((answer) => answer.status)).toEqual(new Array(10).fill(200));
  expect(new Set(answers.map((answer) => answer.body.id)).size).toBe(1);
});

test.each(["with blank", "x".repeat(256), "\u00e9"])("the key %.12j is refused", async (key) => {
  expect((await create({}, { "idempotency-key": key })).body.error?.message).toMatch(/^idempotency-key: /);
});

test("a retry without a key repeats the credential's last create only, with the same body and a higher count", async () => {
  const retry = (count: number) => ({ "x-stainless-retry-count": String(count) });
  const first = await create({ title: "r" }, retry(0));
  expect((await create({ title: "r" }, retry(1))).body.id).toBe(first.body.id);
  expect((await create({ title: "r" }, retry(2))).body.id).toBe(first.body.id);
  const fresh = await create({ title: "r" }, retry(0));
  expect(fresh.body.id).not.toBe(first.body.id);
  const changed = await create({ title: "r2" }, retry(1));
  expect(changed.body.id).not.toBe(fresh.body.id);
  expect((await create({ title: "r" }, retry(1))).body.id).not.toBe(fresh.body.id);
});

test("a retry is recognised for 20 seconds", async () => {
  const first = await create({ title: "late" });
  await server.env.DB.prepare("UPDATE sessions SET created_at = created_at - 21000000 WHERE id = ?1")
    .bind(first.body.id)
    .run();
  const later = await create({ title: "late" }, { "x-stainless-retry-count": "1" });
  expect(later.body.id).not.toBe(first.body.id);
});

test("an object that refuses leaves no row; one that is lost leaves a row that the retry completes", async () => {
  server.objects.refuseNext = true;
  expect((await create({ title: "refused" })).body.error?.message).toBe("refused by the object");
  const rows = await server.env.DB.prepare("SELECT id FROM sessions WHERE title = 'refused'").all();
  expect(rows.results).toEqual([]);

  const log = vi.spyOn(console, "error").mockImplementation(() => {});
  server.objects.failNext = new Error("lost");
  const lost = await create({ title: "lost" }, { "idempotency-key": "lost" });
  log.mockRestore();
  expect(lost.status).toBe(500);
  const [call] = server.objects.calls.slice(-1);
  expect(await listed()).not.toContain(call?.id);
  const again = await create({ title: "lost" }, { "idempotency-key": "lost" });
  expect(again.body.id).toBe(call?.id);
  expect(await listed()).toContain(call?.id);
});

test("an overloaded object is a 529", async () => {
  const log = vi.spyOn(console, "error").mockImplementation(() => {});
  server.objects.failNext = Object.assign(new Error("x"), { overloaded: true });
  const answer = await get(`/v1/sessions/${newId("sesn")}`);
  log.mockRestore();
  expect(error(answer)).toEqual({ status: 529, type: "overloaded_error" });
});

test("a list shows no other workspace's session, and session_ is another spelling of sesn_", async () => {
  const { body } = await create();
  expect(await listed("", OTHER)).not.toContain(body.id);
  expect((await get(`/v1/sessions/${String(body.id).replace("sesn_", "session_")}`)).body).toEqual(body);
});

test("the primary thread is listed and read, and no other is", async () => {
  const { body } = await create();
  const list = await get(`/v1/sessions/${body.id}/threads`);
  const [thread] = list.body.data as SessionThread[];
  expect(SessionThread.parse(thread)).toEqual(thread);
  expect(list.body).toEqual({ data: [thread], next_page: null });
  expect(thread).toMatchObject({
    session_id: body.id,
    parent_thread_id: null,
    status: "idle",
    usage: null,
    stats: null,
  });
  expect((await get(`/v1/sessions/${body.id}/threads/${thread?.id}`)).body).toEqual(thread);
  expect((await get(`/v1/sessions/${body.id}/threads/${thread?.id}/events`)).body).toEqual({
    data: [],
    next_page: null,
  });
  expect((await get(`/v1/sessions/${body.id}/threads/${newId("sthr")}`)).status).toBe(404);
  expect((await get(`/v1/sessions/${body.id}/threads/sthr_x/events`)).status).toBe(404);
  expect((await get(`/v1/sessions/${body.id}/threads?statuses[]=running`)).body.data).toEqual([]);
});
