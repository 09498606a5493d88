/** Archive and delete as the index sees them (spec/core.md §4.9). What the object refuses is in the contract tests. */
import { beforeAll, expect, test, vi } from "vitest";
import type { Env } from "../../src/env.ts";
import type { Session } from "../../src/protocol/sessions.ts";
import { call, OTHER_KEY, testServer } from "./harness.ts";

const server = testServer();
let agent = "";
let environment = "";

const post = (path: string, body?: unknown, env = server.env) => call({ env }, "POST", path, body);
const create = (fields: object = {}) => post("/v1/sessions", { agent, environment_id: environment, ...fields });
const listed = async (query = "") =>
  ((await call(server, "GET", `/v1/sessions?limit=100&${query}`)).body.data as Session[]).map((one) => one.id);

beforeAll(async () => {
  agent = String((await post("/v1/agents", { name: "a", model: "claude-opus-5-5" })).body.id);
  environment = String((await post("/v1/environments", { name: "e" })).body.id);
});

test("archive and delete show in lists at once", async () => {
  const id = String((await create()).body.id);
  expect(await listed()).toContain(id);
  const archived = await post(`/v1/sessions/${id}/archive`);
  expect(archived.body).toMatchObject({ status: "terminated" });
  expect(await listed()).not.toContain(id);
  expect(await listed("include_archived=true")).toContain(id);
  expect(await listed("statuses[]=terminated")).toContain(id);
  expect((await call(server, "DELETE", `/v1/sessions/${id}`)).body).toEqual({ type: "session_deleted", id });
  expect(await listed("include_archived=true")).not.toContain(id);
  expect((await call(server, "DELETE", `/v1/sessions/${id}`)).status).toBe(404);
});

test("a session whose storage was lost can be deleted, and an unknown one cannot", async () => {
  const id = String((await create()).body.id);
  const removed: string[] = [];
  const SANDBOX = { getByName: (name: string) => ({ remove: async () => void removed.push(name) }) };
  const env = { ...server.env, SANDBOX } as unknown as Env;
  await env.BLOBS.put(`sessions/${id}/content`, "long");
  server.objects.sessions.delete(id);
  const log = vi.spyOn(console, "error").mockImplementation(() => {});
  const others = await call({ env }, "DELETE", `/v1/sessions/${id}`, undefined, { "x-api-key": OTHER_KEY });
  expect([others.status, await listed(), removed]).toEqual([404, expect.arrayContaining([id]), []]);
  const mine = await call({ env }, "DELETE", `/v1/sessions/${id}`);
  const lines = log.mock.calls.map(([line]) => JSON.parse(String(line)));
  log.mockRestore();
  expect(mine.body).toEqual({ type: "session_deleted", id });
  expect(lines).toEqual([
    { level: "error", event: "session_lost", request_id: expect.stringMatching(/^req_01/), session: id, cred: "ops" },
  ]);
  expect([await listed(), removed]).toEqual([expect.not.arrayContaining([id]), [id]]);
  expect((await env.BLOBS.list({ prefix: `sessions/${id}/` })).objects).toEqual([]);
  expect((await call({ env }, "DELETE", `/v1/sessions/${id}`)).status).toBe(404);
});

test("the last session of a snapshot takes it along", async () => {
  const count = async () =>
    await server.env.DB.prepare(
      "SELECT count(*) AS n FROM agent_snapshots WHERE agent LIKE '%solo-system%'",
    ).first<number>("n");
  const reference = { type: "agent_with_overrides", id: agent, system: "solo-system" };
  const ids = [(await create({ agent: reference })).body.id, (await create({ agent: reference })).body.id];
  expect(await count()).toBe(1);
  await call(server, "DELETE", `/v1/sessions/${ids[0]}`);
  expect(await count()).toBe(1);
  await call(server, "DELETE", `/v1/sessions/${ids[1]}`);
  expect(await count()).toBe(0);
});

test("an archive that the index did not hear of is told to it by the repeat, with the first stamp", async () => {
  const id = String((await create()).body.id);
  const DB = {
    prepare: (sql: string) => {
      if (sql.startsWith("UPDATE sessions")) throw new Error("the catalog is away");
      return server.env.DB.prepare(sql);
    },
    batch: (list: D1PreparedStatement[]) => server.env.DB.batch(list),
  } as unknown as D1Database;
  const log = vi.spyOn(console, "error").mockImplementation(() => {});
  const lost = await post(`/v1/sessions/${id}/archive`, undefined, { ...server.env, DB });
  log.mockRestore();
  expect([lost.status, await listed()]).toEqual([500, expect.arrayContaining([id])]);
  const { body } = await call(server, "GET", `/v1/sessions/${id}`);
  const again = await post(`/v1/sessions/${id}/archive`);
  expect([again.status, again.body.archived_at]).toEqual([200, body.archived_at]);
  expect(await listed()).not.toContain(id);
  expect(await listed("statuses[]=terminated")).toContain(id);
});
