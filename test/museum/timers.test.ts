/** Release 0.1 kept among its timers what is in the outbox now: a session of it has lost nothing when it is opened, and is written to by nobody for that. */

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { Log } from "../../src/log/log.ts";
import type { Sql } from "../../src/log/sql.ts";
import { fromJson, openTables, type Tables, tablesOf } from "./tables.ts";

const tables = fromJson(readFileSync(resolve(import.meta.dirname, "releases/0.1/plain.json"), "utf8"));
const withTimers = (timers: object): Tables => ({
  ...tables,
  meta: tables.meta.map((row) => ({ ...row, timers: JSON.stringify(timers) })),
});
const NOW = 1_700_000_100_000;

function opened(sql: Sql) {
  const alarms: (number | null)[] = [];
  const log = new Log(sql, { setAlarm: (due) => void alarms.push(due) });
  log.open(NOW);
  log.hydrate();
  return { log, alarms };
}

test.each(["index", "remove"] as const)(
  "a pending %s waits in the outbox; opening writes nothing, the first commit moves it",
  (kind) => {
    const due = NOW + 5_000;
    const before = withTimers({ [kind]: due, retry: NOW + 9_000 });
    const sql = openTables(before);
    const { log, alarms } = opened(sql);
    const entry = { kind, key: "", payload: "", since: due, due, attempts: 0 };
    expect([log.outbox, log.timers, log.due]).toEqual([[entry], { retry: NOW + 9_000 }, due]);
    expect(tablesOf(sql)).toEqual(before);
    log.commit(log.begin(NOW * 1000));
    expect(alarms).toEqual([]);
    const after = tablesOf(sql);
    expect([after.outbox, after.meta[0]?.timers]).toEqual([[entry], JSON.stringify({ retry: NOW + 9_000 })]);
    expect(opened(sql).log.outbox).toEqual([entry]);
  },
);

test("a session that has nothing to tell gets its table with the first thing it has", () => {
  const sql = openTables(withTimers({}));
  const { log } = opened(sql);
  log.commit(log.begin(NOW * 1000));
  expect(tablesOf(sql).outbox).toBeUndefined();
  const b = log.begin(NOW * 1000);
  b.outbox = [{ kind: "index", key: "", payload: "", since: NOW, due: NOW, attempts: 0 }];
  log.commit(b);
  expect(tablesOf(sql).outbox).toHaveLength(1);
});

test("what a later build has in the outbox stays there, and wakes nobody", () => {
  const sql = openTables({ ...withTimers({}), outbox: [] });
  sql.exec("INSERT INTO outbox (kind, key, payload, since, due, attempts) VALUES ('of_tomorrow', 'k', '{}', 1, 1, 0)");
  const { log } = opened(sql);
  expect(log.due).toBeNull();
  const b = log.begin(NOW * 1000);
  b.outbox = [{ kind: "index", key: "", payload: "", since: NOW, due: NOW, attempts: 0 }];
  log.commit(b);
  const c = log.begin(NOW * 1000);
  c.outbox = [];
  log.commit(c);
  expect(tablesOf(sql).outbox).toMatchObject([{ kind: "of_tomorrow" }]);
});
