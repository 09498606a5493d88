import { beforeEach, expect, test } from "vitest";
import { dropContents } from "../../src/catalog/contents.ts";
import { CREATING_TTL, insertSession, sweepCreating } from "../../src/catalog/creation.ts";
import { testServer } from "../api/harness.ts";
import { NOW, page, row, sessionRows } from "./rows.ts";

const server = testServer();
const { push, stored, ids } = sessionRows(server);
let db: D1Database;
beforeEach(() => {
  db = server.env.DB;
});

/** Ids whose rows a sweep dropped. */
const dropped: string[] = [];
beforeEach(() => void dropped.splice(0));
const drop = async (id: string) => void dropped.push(id);

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

test("the contents of one session are deleted, and nobody else's", async () => {
  const bucket = server.env.BLOBS;
  for (const key of ["sessions/s/1", "sessions/s/2", "sessions/s2/1"]) await bucket.put(key, "x");
  await dropContents(bucket, "s");
  await dropContents(bucket, "s");
  expect((await bucket.list()).objects.map((object) => object.key)).toEqual(["sessions/s2/1"]);
});
