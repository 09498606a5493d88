import { beforeEach, expect, test } from "vitest";
import { insertSession } from "../../src/catalog/creation.ts";
import { dropSession, indexSession, listSessions, type SessionPush, snapshotOf } from "../../src/catalog/sessions.ts";
import type { SessionAgent } from "../../src/protocol/agents.ts";
import { testServer } from "../api/harness.ts";
import { counting } from "./counting.ts";
import { ALL, NOW, PUSH, page, row, sessionRows } from "./rows.ts";

const server = testServer();
const { push, stored, add } = sessionRows(server);
let db: D1Database;
beforeEach(() => {
  db = server.env.DB;
});

test("of pushes in any order and number, the highest ordinal wins", async () => {
  await insertSession(db, row("s"));
  await push("s", 5, { status: "running", usage: { input_tokens: 5 } });
  await push("s", 4, { status: "idle", usage: { input_tokens: 4 } });
  await push("s", 5, { status: "idle" });
  expect(await stored("s")).toMatchObject({
    status: "running",
    usage: '{"input_tokens":5}',
    ordinal: 5,
    updated_at: NOW + 5,
  });
});

test("an archived session stays archived and terminated, whatever comes later", async () => {
  await add("s");
  await push("s", 2, { status: "terminated", archivedAt: NOW + 2 });
  await push("s", 3, { status: "idle", archivedAt: NOW + 3 });
  expect(await stored("s")).toMatchObject({ status: "terminated", archived_at: NOW + 2, ordinal: 3 });
});

test("a push carries what an update changed; one of an older commit changes nothing", async () => {
  await insertSession(db, row("s", { budget: '{"type":"limit"}', title: "first", metadata: '{"a":"1"}' }));
  expect((await stored("s"))?.budget).toBe('{"type":"limit"}');
  const budget = { type: "limit" as const, max_list_cost: { amount: "9", currency: "USD" as const } };
  await push("s", 5, { title: "second", metadata: { b: "2" }, budget });
  await push("s", 4, { title: "late", metadata: {}, budget: null });
  const [session] = (await listSessions(db, "w", page, { statuses: ALL }, NOW)).items;
  expect(session).toMatchObject({ title: "second", metadata: { b: "2" }, budget });
  await push("s", 6);
  const [cleared] = (await listSessions(db, "w", page, { statuses: ALL }, NOW)).items;
  expect(cleared).toMatchObject({ title: null, metadata: {}, budget: null });
});

const shas = async () =>
  (await db.prepare("SELECT sha FROM agent_snapshots ORDER BY sha").all<{ sha: string }>()).results.map(
    (one) => one.sha,
  );

test("a session's changed agent is what lists show, and no snapshot outlives its last session", async () => {
  await add("s");
  await add("twin");
  const agent = { id: "agent", name: "changed" } as unknown as SessionAgent;
  const { sha } = snapshotOf("w", agent);
  await push("s", 5, { agent });
  const shown = async () =>
    (await listSessions(db, "w", page, { statuses: ALL }, NOW)).items.map((one) => one.agent.name);
  expect(await shown()).toEqual([undefined, "changed"]);
  expect(await shas()).toEqual(["sha", sha].sort());
  await push("twin", 5, { agent });
  await push("twin", 6, { agent });
  expect(await shas()).toEqual([sha]);
  await push("s", 4, { agent: { ...agent, name: "late" } });
  await push("gone", 9, { agent: { ...agent, name: "gone" } });
  expect([await shown(), await shas()]).toEqual([["changed", "changed"], [sha]]);
  await push("s", 7);
  expect(await shown()).toEqual(["changed", "changed"]);
  await dropSession(db, "s");
  expect(await shas()).toEqual([sha]);
  await dropSession(db, "twin");
  expect(await shas()).toEqual([]);
});

test("a push writes one row of D1 while the status stays, and four when it changes", async () => {
  await add("s");
  const written = async (ordinal: number, more: Partial<SessionPush> = {}) => {
    const counted = counting(db);
    await indexSession(counted.db, { ...PUSH, id: "s", ordinal, ...more });
    return counted.counts.written;
  };
  expect(await written(2)).toBe(1);
  expect(await written(3, { title: "t", usage: { input_tokens: 1 } })).toBe(1);
  expect(await written(4, { status: "running" })).toBe(4);
  expect(await written(5, { status: "running" })).toBe(1);
  expect(await written(5, { status: "idle" })).toBe(0);
  const agent = { id: "agent", name: "changed" } as unknown as SessionAgent;
  expect(await written(6, { status: "running", agent })).toBe(5);
  expect(await written(7, { status: "running", agent })).toBe(1);
  expect(await written(8, { archivedAt: NOW })).toBe(4);
  expect(await stored("s")).toMatchObject({ status: "terminated", archived_at: NOW });
});

test("a push does not bring a deleted session back", async () => {
  await add("s");
  await dropSession(db, "s");
  await push("s", 9);
  expect(await stored("s")).toBeNull();
});
