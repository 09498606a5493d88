/** The simulator's tables against Node's SQLite: the same batches give the same rows. */
import { expect, test } from "vitest";
import { eventPage, LogView } from "../../src/log/list.ts";
import { Fenced, Log } from "../../src/log/log.ts";
import { putEntry } from "../../src/log/outbox.ts";
import { INTERNAL } from "../../src/log/rows.ts";
import type { Sql } from "../../src/log/sql.ts";
import { nodeSql } from "../support/node-sql.ts";
import { MemorySql } from "./memory.ts";
import { Random } from "./random.ts";

const TABLES = ["meta", "events", "inbox", "posts", "blob", "snap", "init", "outbox"];

/** Plays a random history of batches on a driver: rows, inbox, consumption, posts, large contents, failed transactions, reboots. */
function play(sql: Sql, seed: number) {
  const random = new Random(seed);
  const open = () => {
    const log = new Log(sql, { setAlarm: () => {}, random: (bytes) => random.fill(bytes) });
    if (log.open(1_700_000_000_000)) log.hydrate();
    return log;
  };
  let log = open();
  log.create({ id: "sesn" });
  for (let i = 0; i < 60; i++) {
    const b = log.begin(1_700_000_000_000_000 + i * 1000);
    const dice = random.below(7);
    if (dice === 0) b.add(0, "session.status_running");
    if (dice === 1)
      b.add(0, "session.status_idle", { body: { stop_reason: { type: "end_turn" }, stop_details: null } });
    if (dice <= 3) b.queue("user.message", { body: "{}", content: `[{"type":"text","text":"${i}"}]`, cred: "a" });
    if (dice === 4) for (const entry of b.inbox) b.consume(entry);
    if (dice === 5) b.append(INTERNAL, { type: "x.note", body: "{}", note: JSON.stringify({ i }) });
    if (dice === 6)
      b.add(0, "agent.message", { content: JSON.stringify([{ type: "text", text: "y".repeat(200_000) }]) });
    if (i % 5 === 1) b.outbox = putEntry(b.outbox, { kind: i % 2 ? "index" : "remove" }, i);
    if (i % 7 === 6) b.outbox = b.outbox.slice(1);
    b.posts.push({ key: `cred:${i % 3}`, digest: `${i}`, retry: 0, at: i, echo: [{ id: "x", ts: null }] });
    if (random.chance(0.2)) expect(() => sql.transaction(() => fail(sql))).toThrow("undone");
    log.commit(b);
    if (random.chance(0.1)) log.prune(1_700_000_000_000);
    if (random.chance(0.2)) log = open();
  }
  const view = new LogView(sql, () => log.state.seq);
  const pages = (["asc", "desc"] as const).map((order) =>
    eventPage(sql, { thread: 0, order, limit: 7, after: null, types: ["user.message"] }),
  );
  return {
    tables: Object.fromEntries(
      TABLES.map((name) => [name, sql.exec(`SELECT * FROM ${name}`).map((row) => ({ ...row }))]),
    ),
    state: log.state,
    view: [
      view.row(0, 1),
      view.promptRows(0, 3),
      view.column(0, 1, null, "content"),
      view.after(0, 2, { events: 5, bytes: 1e6 }),
    ],
    pages,
  };
}

function fail(sql: Sql): never {
  sql.exec("DELETE FROM inbox WHERE n = ?", 1);
  sql.exec("UPDATE meta SET epoch = ?, boots_in_turn = ?, boot_streak = ?, last_boot = ? WHERE k = 1", 999, 1, 1, 1);
  throw new Error("undone");
}

test("the same batches give the same rows in both drivers", () => {
  for (let seed = 1; seed <= 20; seed++) {
    expect(play(new MemorySql(), seed), `seed ${seed}`).toEqual(play(nodeSql(), seed));
  }
});

test("what was begun is kept whole or undone whole", () => {
  const sql = new MemorySql();
  const log = new Log(sql, { setAlarm: () => {} });
  log.create({ id: "sesn" });
  sql.begin();
  const b = log.begin(1);
  b.add(0, "session.status_running");
  log.commit(b);
  expect(sql.rows("events")).toHaveLength(1);
  sql.undo();
  expect(sql.rows("events")).toHaveLength(0);
  // The instance that wrote it has lost count: what it writes next is refused.
  expect(() => log.commit(log.begin(2))).toThrow(Fenced);
});

test("a statement of a form it does not know is refused", () => {
  expect(() => new MemorySql().exec("SELECT count(*) FROM events")).toThrow("do not know");
  expect(() => new MemorySql().exec("DROP TABLE events")).toThrow("do not know");
});
