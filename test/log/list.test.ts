import { expect, test } from "vitest";
import { eventPage, LogView, type PageQuery, type Position } from "../../src/log/list.ts";
import { Log } from "../../src/log/log.ts";
import { INTERNAL } from "../../src/log/rows.ts";
import { nodeSql } from "../support/node-sql.ts";

/** A seeded generator: the same seed, the same schedule. */
function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) % below;
  };
}

function newLog(): Log {
  const log = new Log(nodeSql(), { setAlarm: () => {} });
  log.create({});
  return log;
}

function write(log: Log, pick: (below: number) => number): void {
  const b = log.begin(log.state.ts + 1 + pick(50));
  const what = pick(3);
  if (what === 0) b.append(0, { type: pick(2) === 0 ? "agent.message" : "agent.thinking", body: "{}" });
  else if (what === 1) b.queue("user.message", { body: "{}", content: '[{"type":"text","text":"x"}]', cred: null });
  else for (const entry of b.inbox.slice(0, 1 + pick(2))) b.consume(entry);
  log.commit(b);
}

function all(log: Log, query: Omit<PageQuery, "after">, between: () => void): string[] {
  const ids: string[] = [];
  let after: Position | null = null;
  for (;;) {
    const page = eventPage(log.sql, { ...query, after });
    ids.push(...page.rows.map((row) => row.id));
    if (!page.next) return ids;
    after = page.next;
    between();
  }
}

test("pages while events are appended and consumed neither skip nor double", () => {
  for (let seed = 1; seed <= 80; seed++) {
    const pick = seeded(seed);
    const log = newLog();
    for (let i = 0; i < 30; i++) write(log, pick);
    const before = all(log, { thread: 0, order: "asc", limit: 1000, types: null }, () => {});
    for (const order of ["asc", "desc"] as const) {
      let writes = 0;
      const paged = all(log, { thread: 0, order, limit: 1 + pick(7), types: null }, () => {
        writes += 1;
        if (writes < 60) write(log, pick);
      });
      expect(new Set(paged).size, `seed ${seed} ${order}: doubled`).toBe(paged.length);
      expect(
        before.filter((id) => !paged.includes(id)),
        `seed ${seed} ${order}: skipped`,
      ).toEqual([]);
    }
  }
});

test("one page holds the whole order: log by stamp, then what waits; descending is its mirror", () => {
  const log = newLog();
  const pick = seeded(7);
  for (let i = 0; i < 40; i++) write(log, pick);
  const waiting = log.begin(log.state.ts + 1);
  waiting.queue("user.message", { body: "{}", content: null, cred: null });
  log.commit(waiting);
  const query = { thread: 0, limit: 1000, types: null };
  const ascending = all(log, { ...query, order: "asc" }, () => {});
  expect(all(log, { ...query, order: "desc" }, () => {})).toEqual(ascending.toReversed());
  const rows = eventPage(log.sql, { ...query, order: "asc", after: null }).rows;
  const firstPending = rows.findIndex((row) => !("ts" in row));
  expect(firstPending).toBeGreaterThan(0);
  expect(rows.slice(firstPending).every((row) => !("ts" in row))).toBe(true);
});

test("bounds on the stamp are inclusive and leave pending events out", () => {
  const log = newLog();
  for (let i = 1; i <= 5; i++) {
    const b = log.begin(i * 100);
    b.add(0, "agent.message", { content: null });
    log.commit(b);
  }
  const b = log.begin(900);
  b.queue("user.message", { body: "{}", content: null, cred: null });
  log.commit(b);
  for (const order of ["asc", "desc"] as const) {
    const page = eventPage(log.sql, { thread: 0, order, limit: 10, types: null, after: null, from: 200, to: 400 });
    expect(page.rows.map((row) => ("ts" in row ? row.ts : null)).toSorted()).toEqual([200, 300, 400]);
  }
});

test("a row of our own is not given out", () => {
  const log = newLog();
  const b = log.begin(1);
  b.addInternal("x.provision", {});
  b.add(0, "agent.message", { content: null });
  log.commit(b);
  const view = new LogView(log.sql, () => log.state.seq);
  expect(view.row(INTERNAL, 1)).toBeNull();
  expect(view.row(0, 2)?.type).toBe("agent.message");
});

test("what is read for readers ends at the bytes asked for, after one row at least", () => {
  const log = newLog();
  const b = log.begin(1);
  for (let i = 0; i < 4; i++) b.add(0, "agent.message", { content: JSON.stringify("x".repeat(1_000)) });
  log.commit(b);
  const view = new LogView(log.sql, () => log.state.seq);
  const read = (bytes: number) => view.after(0, 0, { events: 100, bytes }).length;
  expect([read(1), read(2_500), read(10_000)]).toEqual([1, 2, 4]);
});

test("a type filter finds its events and no others", () => {
  const log = newLog();
  const pick = seeded(3);
  for (let i = 0; i < 60; i++) write(log, pick);
  const found = all(log, { thread: 0, order: "asc", limit: 3, types: ["agent.thinking"] }, () => {});
  const wanted = log.sql.exec("SELECT id FROM events WHERE type = 'agent.thinking' ORDER BY seq").map((row) => row.id);
  expect(found).toEqual(wanted);
  expect(found.length).toBeGreaterThan(0);
});
