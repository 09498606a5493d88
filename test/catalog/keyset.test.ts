import { beforeEach, expect, test } from "vitest";
import { insertAgent } from "../../src/catalog/agents.ts";
import { insertSession } from "../../src/catalog/creation.ts";
import { type ListPosition, MAX_PAGE_BYTES, type Slice } from "../../src/catalog/keyset.ts";
import { listSessions } from "../../src/catalog/sessions.ts";
import { testServer } from "../api/harness.ts";
import { ALL, definition, NOW, page, row, sessionRows } from "./rows.ts";

const server = testServer();
const { push, add, ids } = sessionRows(server);
let db: D1Database;
beforeEach(() => {
  db = server.env.DB;
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
    let from: ListPosition | null = null;
    for (let more = true; more; ) {
      const got = await listSessions(db, "w", { order, limit: 5, from }, { statuses: ["idle", "running"] }, NOW);
      seen.push(...got.items.map((one) => one.id));
      const last = got.items.at(-1)?.id ?? "";
      from = { t: NOW + Math.floor(Number(last.slice(1)) / 3), id: last };
      more = got.next !== null;
      expect(got.next).toEqual(more ? from : null);
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
  const at = (i: number, back = false): ListPosition => ({ t: NOW + i, id: `s${i}`, ...(back ? { back } : {}) });
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
  expect(first.next).toEqual({ t: NOW + 2, id: "s2" });
  const rest = await listSessions(db, "w", { ...page, from: { t: NOW + 2, id: "s2" } }, { statuses: ALL }, NOW);
  expect(rest.items.map((one) => one.id)).toEqual(["s1", "s0"]);
  expect(rest.next).toBeNull();
});
