import { beforeEach, expect, test } from "vitest";
import { insertAgent } from "../../src/catalog/agents.ts";
import { dropContents } from "../../src/catalog/contents.ts";
import { CREATING_TTL, insertSession, type NewSession, sweepCreating } from "../../src/catalog/creation.ts";
import { insertEnvironment } from "../../src/catalog/environments.ts";
import { MAX_PAGE_BYTES, type Position, type Slice } from "../../src/catalog/keyset.ts";
import { listSessions } from "../../src/catalog/sessionlist.ts";
import { dropSession, indexSession, type SessionPush, snapshotOf } from "../../src/catalog/sessions.ts";
import type { SessionAgent } from "../../src/protocol/agents.ts";
import { testServer } from "../api/harness.ts";
import { counting } from "./counting.ts";

const server = testServer();
const NOW = 1_764_000_000_000_000;
const ALL = ["idle", "running", "rescheduling", "terminated"] as const;
const page: Slice = { order: "desc", limit: 20, from: null };
let db: D1Database;

const definition = {
  name: "a",
  description: null,
  model: { id: "m" },
  system: null,
  tools: [],
  mcp_servers: [],
  skills: [],
  multiagent: null,
  metadata: {},
  execution_identity: { type: "service_account" as const },
};
const config = {
  type: "cloud" as const,
  networking: { type: "unrestricted" as const },
  packages: { type: "packages" as const, apt: [], cargo: [], gem: [], go: [], npm: [], pip: [] },
};

function row(id: string, more: Partial<NewSession> = {}): NewSession {
  return {
    id,
    threadId: `t-${id}`,
    workspace: "w",
    createdAt: NOW,
    environmentId: "env",
    agentId: "agent",
    agentVersion: 1,
    title: null,
    metadata: "{}",
    budget: null,
    snapshot: { sha: "sha", text: JSON.stringify({ id: "agent" }) },
    cred: "c",
    key: null,
    digest: "d",
    retry: 0,
    ...more,
  };
}

const PUSH = {
  workspace: "w",
  status: "idle" as const,
  title: null,
  metadata: {},
  budget: null,
  agent: null,
  usage: {},
  archivedAt: null,
  updatedAt: NOW,
};
const push = (id: string, ordinal: number, more: Partial<SessionPush> = {}) =>
  indexSession(db, { ...PUSH, id, updatedAt: NOW + ordinal, ordinal, ...more });
const stored = (id: string) =>
  db.prepare("SELECT * FROM sessions WHERE id = ?1").bind(id).first<Record<string, unknown>>();
const add = async (id: string, more: Partial<NewSession> = {}) => {
  await insertSession(db, row(id, more));
  await push(id, 1);
};
const ids = async (slice: Slice, filter: object = {}) =>
  (await listSessions(db, "w", slice, { statuses: ALL, ...filter }, NOW)).items.map((one) => one.id);

/** Ids whose rows a sweep dropped. */
const dropped: string[] = [];
const drop = async (id: string) => void dropped.push(id);

beforeEach(async () => {
  dropped.splice(0);
  db = server.env.DB;
  await db.batch(
    ["sessions", "agents", "agent_versions", "environments", "agent_snapshots"].map((table) =>
      db.prepare(`DELETE FROM ${table}`),
    ),
  );
  await insertAgent(db, "w", "agent", NOW, definition);
  await insertEnvironment(db, "w", "env", NOW, {
    name: "e",
    description: null,
    config,
    scope: "organization",
    metadata: {},
  });
});

test("a row is made only while agent and environment are live and of the workspace", async () => {
  expect(await insertSession(db, row("ok"))).toBe(true);
  expect(await insertSession(db, row("foreign", { workspace: "other" }))).toBe(false);
  expect(await insertSession(db, row("missing", { agentId: "nobody" }))).toBe(false);
  await db.prepare("UPDATE environments SET archived_at = 1").run();
  expect(await insertSession(db, row("archived"))).toBe(false);
  const { results } = await db.prepare("SELECT id FROM sessions").all();
  expect(results).toEqual([{ id: "ok" }]);
});

test("a row that is not made leaves no snapshot", async () => {
  await insertSession(db, row("missing", { agentId: "nobody" }));
  expect(await db.prepare("SELECT 1 FROM agent_snapshots").first()).toBeNull();
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

test("creating rows are in no list; a push makes them visible", async () => {
  await insertSession(db, row("s"));
  expect(await ids(page)).toEqual([]);
  await push("s", 1);
  expect(await ids(page)).toEqual(["s"]);
});

test("a sweep settles old creating rows by what the object says, and leaves young ones and those it cannot ask about", async () => {
  const old = { createdAt: NOW - CREATING_TTL - 1 };
  await insertSession(db, row("known", old));
  await insertSession(db, row("unknown", old));
  await insertSession(db, row("young"));
  const asked: string[] = [];
  const view = { id: "known", status: "running", archived_at: null };
  await sweepCreating(
    db,
    NOW,
    async (id) => {
      asked.push(id);
      return id === "known" ? (view as never) : null;
    },
    drop,
  );
  expect(asked.sort()).toEqual(["known", "unknown"]);
  expect(await stored("known")).toMatchObject({ status: "running" });
  expect(await stored("unknown")).toBeNull();
  expect(dropped).toEqual(["unknown"]);
  expect(await stored("young")).toMatchObject({ status: "creating" });
  await insertSession(db, row("broken", old));
  await expect(sweepCreating(db, NOW, () => Promise.reject(new Error("no answer")), drop)).rejects.toThrow("no answer");
  expect(await stored("broken")).toMatchObject({ status: "creating" });
});

test("a sweep goes on past a session that cannot be asked", async () => {
  const at = NOW - CREATING_TTL;
  await insertSession(db, row("broken", { createdAt: at - 2 }));
  await insertSession(db, row("unknown", { createdAt: at - 1 }));
  const ask = (id: string) => (id === "broken" ? Promise.reject(new Error("no answer")) : Promise.resolve(null));
  await expect(sweepCreating(db, NOW, ask, drop)).rejects.toThrow("no answer");
  expect(await stored("broken")).toMatchObject({ status: "creating" });
  expect(await stored("unknown")).toBeNull();
});

test("a sweep does not drop a row that has become live while it asked", async () => {
  await insertSession(db, row("s", { createdAt: NOW - CREATING_TTL - 1 }));
  await sweepCreating(
    db,
    NOW,
    async () => {
      await push("s", 1);
      return null;
    },
    drop,
  );
  expect(dropped).toEqual([]);
  expect(await stored("s")).toMatchObject({ status: "idle" });
});

test("pages in both orders hold every row once, also among equal stamps and with several statuses", async () => {
  const expected: string[] = [];
  for (let i = 0; i < 12; i++) {
    const id = `s${String(i).padStart(2, "0")}`;
    await insertSession(db, row(id, { createdAt: NOW + Math.floor(i / 3) }));
    await push(id, 1, { status: i % 2 ? "idle" : "running" });
    expected.push(id);
  }
  for (const order of ["asc", "desc"] as const) {
    const seen: string[] = [];
    let from: Position | null = null;
    for (let more = true; more; ) {
      const got = await listSessions(db, "w", { order, limit: 5, from }, { statuses: ["idle", "running"] }, NOW);
      seen.push(...got.items.map((one) => one.id));
      const last = got.items.at(-1)?.id ?? "";
      from = { t: NOW + Math.floor(Number(last.slice(1)) / 3), id: last };
      more = got.more;
    }
    expect(seen).toEqual(order === "asc" ? expected : expected.toReversed());
  }
  const back: Slice = { order: "desc", limit: 5, from: { t: NOW, id: "s02", back: true } };
  expect(await ids(back)).toEqual(["s07", "s06", "s05", "s04", "s03"]);
});

test("filters: agent, version, status, bounds", async () => {
  await insertAgent(db, "w", "second", NOW, definition);
  await add("a1");
  await add("a2", { agentVersion: 2, createdAt: NOW + 10 });
  await add("b1", { agentId: "second", createdAt: NOW + 20 });
  await push("b1", 2, { status: "running" });
  expect(await ids(page, { agentId: "agent" })).toEqual(["a2", "a1"]);
  expect(await ids(page, { agentId: "agent", agentVersion: 2 })).toEqual(["a2"]);
  expect(await ids(page, { agentVersion: 2 })).toEqual(["b1", "a2", "a1"]);
  expect(await ids(page, { statuses: ["running"] })).toEqual(["b1"]);
  expect(await ids(page, { statuses: [] })).toEqual([]);
  expect(await ids({ ...page, gt: NOW, lte: NOW + 20 })).toEqual(["b1", "a2"]);
  expect(await ids({ ...page, gte: NOW, lt: NOW + 20 })).toEqual(["a2", "a1"]);
  expect(await ids({ ...page, gte: NOW + 10, lte: NOW + 10 })).toEqual(["a2"]);
  expect(await ids({ ...page, gt: NOW + 10, lt: NOW + 11 })).toEqual([]);
  expect(await ids({ ...page, gt: NOW - 1, gte: NOW + 1, lt: NOW + 21, lte: NOW + 19 })).toEqual(["a2"]);
  expect(await ids(page, { agentId: "x' OR '1'='1" })).toEqual([]);
});

test("a page begins at its cursor or at its bound, whichever is further on", async () => {
  for (let i = 0; i < 5; i++) await add(`s${i}`, { createdAt: NOW + i });
  const at = (i: number, back = false): Position => ({ t: NOW + i, id: `s${i}`, ...(back ? { back } : {}) });
  expect(await ids({ ...page, from: at(3), gte: NOW + 1 })).toEqual(["s2", "s1"]);
  expect(await ids({ ...page, from: at(4), lt: NOW + 2 })).toEqual(["s1", "s0"]);
  expect(await ids({ ...page, from: at(1, true), lte: NOW + 3 })).toEqual(["s3", "s2"]);
  expect(await ids({ ...page, from: at(1, true), gt: NOW + 2 })).toEqual(["s4", "s3"]);
  const up = { ...page, order: "asc" as const };
  expect(await ids({ ...up, from: at(1), lt: NOW + 3 })).toEqual(["s2"]);
  expect(await ids({ ...up, from: at(0), gte: NOW + 3 })).toEqual(["s3", "s4"]);
  expect(await ids({ ...up, from: at(3, true), gt: NOW })).toEqual(["s1", "s2"]);
  expect(await ids({ ...up, from: at(3, true), lte: NOW + 1 })).toEqual(["s0", "s1"]);
});

test("a page ends before its items weigh too much, and the next goes on from there", async () => {
  const text = JSON.stringify({ id: "agent", system: "x".repeat(MAX_PAGE_BYTES / 8) });
  for (let i = 0; i < 10; i++) await add(`s${i}`, { snapshot: { sha: "long", text }, createdAt: NOW + i });
  const first = await listSessions(db, "w", page, { statuses: ALL }, NOW);
  expect(first.items.map((one) => one.id)).toEqual(["s9", "s8", "s7", "s6", "s5", "s4", "s3", "s2"]);
  expect(first.more).toBe(true);
  const rest = await listSessions(db, "w", { ...page, from: { t: NOW + 2, id: "s2" } }, { statuses: ALL }, NOW);
  expect(rest.items.map((one) => one.id)).toEqual(["s1", "s0"]);
  expect(rest.more).toBe(false);
});

test("a page reads about its own rows, however many sessions there are", async () => {
  const insert = db.prepare(
    `INSERT INTO sessions SELECT 's' || value, 'w', CASE value % 2 WHEN 0 THEN 'terminated' ELSE 'idle' END, 'agent' || (value % 100), 1, 'sha', 'env', 't', NULL,
     '{}', '{}', value, value, NULL, 1, 10, 'c', NULL, 'd', 0, NULL FROM json_each(?1)`,
  );
  await insert.bind(JSON.stringify(Array.from({ length: 5_000 }, (_, i) => i))).run();
  await db.prepare("INSERT INTO agent_snapshots VALUES ('sha', '{}')").run();
  const read = async (slice: Slice, filter: object) => {
    const counted = counting(db);
    const { items } = await listSessions(counted.db, "w", slice, { statuses: ALL, ...filter }, NOW);
    expect(items).toHaveLength(10);
    expect(counted.counts.read).toBeGreaterThanOrEqual(10);
    return counted.counts.read;
  };
  const ten: Slice = { order: "desc", limit: 10, from: null };
  const middle: Slice = { ...ten, from: { t: 2_500, id: "s2500" } };
  expect(await read(ten, {})).toBeLessThan(150);
  expect(await read(middle, {})).toBeLessThan(150);
  expect(await read({ ...middle, order: "asc" }, { statuses: ["idle"] })).toBeLessThan(150);
  expect(await read(middle, { agentId: "agent7", agentVersion: 1 })).toBeLessThan(150);
  expect(await read({ ...ten, lt: 4_000, gt: 10 }, { agentId: "agent8" })).toBeLessThan(150);
});

test("the contents of one session are deleted, and nobody else's", async () => {
  const bucket = server.env.BLOBS;
  for (const key of ["sessions/s/1", "sessions/s/2", "sessions/s2/1"]) await bucket.put(key, "x");
  await dropContents(bucket, "s");
  await dropContents(bucket, "s");
  expect((await bucket.list()).objects.map((object) => object.key)).toEqual(["sessions/s2/1"]);
});
