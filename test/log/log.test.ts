import { expect, test } from "vitest";
import { Fenced, Log, TooNew } from "../../src/log/log.ts";
import { INTERNAL } from "../../src/log/rows.ts";
import { keepingSnapshot } from "../../src/log/snapshot.ts";
import { sessionStatus } from "../../src/log/state.ts";
import { nodeSql } from "../support/node-sql.ts";
import { OpenSession, text, use } from "../support/open-session.ts";

const noAlarm = { setAlarm: () => {} };

test("an unknown id leaves no tables", () => {
  const sql = nodeSql();
  expect(new Log(sql, noAlarm).open(0)).toBe(null);
  expect(sql.exec("SELECT name FROM sqlite_master")).toEqual([]);
});

test("a commit that fails half-way writes nothing and changes nothing in memory", () => {
  const sql = nodeSql();
  const log = new Log(sql, noAlarm);
  log.create({});
  const b = log.begin(1);
  const row = b.add(0, "agent.message", { content: null });
  b.add(0, "agent.message", { content: null });
  // The second row takes the first one's place: the primary key refuses it in the middle of the block.
  (b.rows[1] as { seq: number }).seq = row.seq;
  expect(() => log.commit(b)).toThrow();
  expect(sql.exec("SELECT seq FROM events")).toEqual([]);
  expect(log.state.seq).toBe(0);
});

test("a batch that was begun before another commit is refused", () => {
  const log = new Log(nodeSql(), noAlarm);
  log.create({});
  const stale = log.begin(1);
  stale.add(0, "agent.message", { content: null });
  log.commit(log.begin(2));
  expect(() => log.commit(stale)).toThrow(Fenced);
});

test("an older instance cannot write after a newer one has", () => {
  const sql = nodeSql();
  const older = new Log(sql, noAlarm);
  older.create({});
  older.commit(older.begin(1));
  const newer = new Log(sql, noAlarm);
  newer.open(0);
  newer.hydrate();
  newer.commit(newer.begin(2));
  const b = older.begin(3);
  b.add(0, "agent.message", { content: null });
  expect(() => older.commit(b)).toThrow(Fenced);
  expect(newer.epoch).toBe(2);
});

test("a clock that went back more than five minutes is told once, by an internal row, and the log goes on", () => {
  const MINUTE = 60e6;
  const sql = nodeSql();
  const log = new Log(sql, noAlarm);
  log.create({});
  const write = (at: number) => {
    const b = log.begin(at);
    b.add(0, "agent.message", { content: null });
    return log.commit(b).map((row) => row.type);
  };
  expect(write(20 * MINUTE)).toEqual(["agent.message"]);
  expect(write(15 * MINUTE)).toEqual(["agent.message"]);
  expect(write(14 * MINUTE)).toEqual(["x.clock", "agent.message"]);
  expect(write(14 * MINUTE)).toEqual(["agent.message"]);
  expect(write(21 * MINUTE)).toEqual(["agent.message"]);
  expect(write(1 * MINUTE)).toEqual(["x.clock", "agent.message"]);
  const [told] = sql.exec("SELECT thread, body FROM events WHERE type = 'x.clock' ORDER BY seq");
  expect(told).toEqual({ thread: INTERNAL, body: JSON.stringify({ behind_micros: 6 * MINUTE + 1 }) });
});

test("stamps rise by at least a microsecond, whatever the clock does", () => {
  const log = new Log(nodeSql(), noAlarm);
  log.create({});
  for (const now of [500, 100, 100, 900]) {
    const b = log.begin(now);
    b.add(0, "agent.message", { content: null });
    b.add(0, "agent.message", { content: null });
    log.commit(b);
  }
  const stamps = log.sql.exec("SELECT ts FROM events ORDER BY seq").map((row) => row.ts);
  expect(stamps).toEqual([500, 501, 502, 503, 504, 505, 900, 901]);
});

test("state from snapshot and tail equals state from all rows", async () => {
  const session = new OpenSession([
    { blocks: [use("bash", { command: "ls" })] },
    { blocks: [text("done")] },
    { blocks: [use("ask_user", { question: "?" })] },
  ]);
  session.say("one");
  await session.run();
  session.say("two");
  await session.run();
  const cached = session.log.state;
  expect(cached.threads[0]?.calls).toHaveLength(1);
  session.sql.exec("DELETE FROM snap");
  session.boot();
  expect(session.log.state).toEqual(cached);
});

test("a session written by a newer build is refused, not misread", () => {
  const sql = nodeSql();
  new Log(sql, noAlarm).create({});
  sql.exec("UPDATE meta SET min_reader = 1000");
  expect(() => new Log(sql, noAlarm).open(0)).toThrow(TooNew);
});

test("a row of an unknown type changes nothing but seq and stamp", () => {
  const log = new Log(nodeSql(), noAlarm);
  log.create({});
  const b = log.begin(1);
  b.append(-1, { type: "x.of_a_later_build", body: JSON.stringify({ anything: [1] }) });
  expect(b.state).toEqual({ ...log.state, seq: 1, ts: 1 });
});

test("long content goes to blob rows and comes back byte for byte", () => {
  const log = new Log(nodeSql(), noAlarm);
  log.create({});
  const content = JSON.stringify([{ type: "text", text: "🦴".repeat(700_000) }]);
  const b = log.begin(1);
  const row = b.add(0, "user.message", { content: new TextEncoder().encode(content) });
  log.commit(b);
  expect(row.content).toMatchObject({ where: "sqlite" });
  const chunks = log.sql.exec("SELECT bytes FROM blob ORDER BY i").map((one) => one.bytes as Uint8Array);
  expect(chunks.length).toBeGreaterThan(1);
  expect(chunks.every((chunk) => chunk.byteLength <= 1024 * 1024)).toBe(true);
  expect(Buffer.concat(chunks).toString()).toBe(content);
});

test("while a session runs a snapshot comes every 64 rows, not with each commit", () => {
  const sql = nodeSql();
  const log = new Log(sql, noAlarm);
  log.create({});
  const seqs = ["session.thread_status_running", ...Array.from({ length: 130 }, () => "agent.message")].map(
    (type, i) => {
      const b = log.begin(i + 1);
      b.append(0, { type, body: "{}" });
      log.commit(b);
      return sql.exec("SELECT seq FROM snap WHERE k = 0")[0]?.seq;
    },
  );
  expect(sessionStatus(log.state)).toBe("running");
  expect([...new Set(seqs)]).toEqual([undefined, 64, 128]);
});

test("work that keeps the snapshot leaves the one there was, or none", () => {
  const sql = nodeSql();
  const log = new Log(sql, noAlarm);
  log.create({});
  const commit = () => {
    const b = log.begin(1);
    b.add(0, "agent.message", { content: null });
    log.commit(b);
    return sql.exec("SELECT seq, version, state FROM snap");
  };
  keepingSnapshot(sql, commit);
  expect(sql.exec("SELECT seq FROM snap")).toEqual([]);
  const kept = commit();
  expect(kept).toHaveLength(1);
  keepingSnapshot(sql, () => expect(commit()).not.toEqual(kept));
  expect(sql.exec("SELECT seq, version, state FROM snap")).toEqual(kept);
});

test("a state too long for a snapshot fails no commit, and is read from the rows again", async () => {
  const session = new OpenSession([{ blocks: [use("write"), use("write"), use("write")] }]);
  session.say("hi");
  await session.run();
  const before = session.sql.exec("SELECT seq FROM snap");
  const deny = (id: string | undefined) => ({ tool_use_id: id, result: "deny", deny_message: "x".repeat(1_100_000) });
  for (const call of session.primary.calls.slice(0, 2))
    session.post({ type: "user.tool_confirmation", body: deny(call.id) });
  expect(session.sql.exec("SELECT seq FROM snap")).toEqual(before);
  const { state } = session.log;
  session.boot();
  expect(session.log.state).toEqual(state);
});

test("a database that was emptied takes a new session, as a new instance would", () => {
  const sql = nodeSql();
  const log = new Log(sql, noAlarm);
  log.create({});
  for (const now of [1, 2]) {
    const b = log.begin(now);
    b.queue("user.message", { body: "{}", content: null, cred: null });
    log.commit(b);
  }
  for (const { name } of sql.exec("SELECT name FROM sqlite_master WHERE type = 'table'"))
    sql.exec(`DROP TABLE ${name}`);
  log.forget();
  log.create({});
  const b = log.begin(3);
  expect(b.queue("user.message", { body: "{}", content: null, cred: null }).n).toBe(1);
  log.commit(b);
  expect(sql.exec("SELECT epoch, last_n FROM meta")[0]).toMatchObject({ epoch: 1, last_n: 1 });
});
