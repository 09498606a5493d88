/** What agents and environments cost in a full catalog: rows of D1 by what is asked for, never by what there is (reliability.md §3.8). */
import { beforeAll, expect, test } from "vitest";
import { findMembers } from "../../src/catalog/members.ts";
import { call, testServer } from "../api/harness.ts";
import { counting } from "./counting.ts";

const server = testServer();
const MANY = 3_000;

beforeAll(async () => {
  const numbers = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${MANY})`;
  const agent = "'agent_' || i";
  const definition = `json_object('name', 'n' || i, 'model', json_object('id', 'rehearsal'), 'multiagent', NULL)`;
  const environment = "'env_' || i";
  const session = `'sesn_' || i, 'default', 'idle', 'agent_1', 1, 's', ${environment}, 't', NULL, '{}', '{}', i, i, NULL, 0, 0, 'c', NULL, 'd', 0`;
  const columns =
    "id, workspace, status, agent_id, agent_version, snapshot, environment_id, thread_id, title, metadata, usage, created_at, updated_at, archived_at, ordinal, bytes, cred, idempotency_key, digest, retry";
  await server.env.DB.batch(
    [
      `INSERT INTO agents ${numbers} SELECT ${agent}, 'default', 1, i, i, NULL FROM n`,
      `INSERT INTO agent_versions ${numbers} SELECT ${agent}, 1, i, 0, ${definition} FROM n`,
      `INSERT INTO environments ${numbers} SELECT ${environment}, 'default', 'e' || i, i, i, NULL, 0, '{}' FROM n`,
      `INSERT INTO sessions (${columns}) ${numbers} SELECT ${session} FROM n`,
    ].map((sql) => server.env.DB.prepare(sql)),
  );
});

test("a roster reads its members, and none of another workspace", async () => {
  const { db, counts } = counting(server.env.DB);
  const asked = [
    { id: "agent_7" },
    { id: "agent_none" },
    { id: "agent_2999", version: 1 },
    { id: "agent_8", version: 2 },
  ];
  const found = await findMembers(db, "default", asked);
  expect(found.map((one) => one && [one.id, one.version])).toEqual([
    ["agent_7", 1],
    null,
    ["agent_2999", 1],
    ["agent_8", null],
  ]);
  expect(counts.read).toBeLessThan(20);
  expect(await findMembers(db, "other", asked)).toEqual([null, null, null, null]);
});

test("an update and a delete of an environment read what concerns it", async () => {
  const { body } = await call(server, "POST", "/v1/environments", { name: "unused" });
  const { db, counts } = counting(server.env.DB);
  const counted = { env: { ...server.env, DB: db } };
  const path = `/v1/environments/${body.id}`;
  expect((await call(counted, "POST", path, { name: "e17" })).status).toBe(409);
  expect((await call(counted, "POST", path, { name: "still unused" })).status).toBe(200);
  expect((await call(counted, "DELETE", path)).status).toBe(200);
  expect(counts.read).toBeLessThan(30);
});
