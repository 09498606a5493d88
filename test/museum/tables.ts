/** A session's database as plain rows: what the log fuzz cuts and spoils, and the form in which logs of other releases are kept. */

import { rowFrom } from "../../src/log/read.ts";
import { reduce } from "../../src/log/reduce.ts";
import { createTables } from "../../src/log/schema.ts";
import type { Sql, SqlRow, SqlValue } from "../../src/log/sql.ts";
import { initialState, sessionStatus } from "../../src/log/state.ts";
import { nodeSql } from "../support/node-sql.ts";

const TABLES = ["meta", "init", "events", "inbox", "posts", "blob", "snap"] as const;
/** `outbox` is missing in release 0.1. */
export type Tables = Record<(typeof TABLES)[number], SqlRow[]> & { outbox?: SqlRow[] };
/** Bytes in JSON. */
const BYTES = "base64:";

export function tablesOf(sql: Sql): Tables {
  const outbox = sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'outbox'").length > 0 ? ["outbox"] : [];
  return Object.fromEntries(
    [...TABLES, ...outbox].map((name) => [name, sql.exec(`SELECT * FROM ${name}`).map((row) => ({ ...row }))]),
  ) as Tables;
}

/** A database with these rows; columns that this build does not know are refused by it. */
export function openTables(tables: Tables): Sql {
  const sql = nodeSql();
  createTables(sql);
  if (!tables.outbox) sql.exec("DROP TABLE outbox");
  for (const [name, rows] of Object.entries(tables)) {
    for (const row of rows) {
      const columns = Object.keys(row);
      const marks = columns.map(() => "?").join(", ");
      sql.exec(`INSERT INTO ${name} (${columns.join(", ")}) VALUES (${marks})`, ...(Object.values(row) as SqlValue[]));
    }
  }
  return sql;
}

export function toJson(tables: Tables): string {
  const bytes = (value: unknown) =>
    value instanceof Uint8Array ? BYTES + Buffer.from(value).toString("base64") : value;
  return JSON.stringify(tables, (_, value) => bytes(value), 1);
}

export function fromJson(text: string): Tables {
  const back = (value: unknown) =>
    typeof value === "string" && value.startsWith(BYTES)
      ? new Uint8Array(Buffer.from(value.slice(BYTES.length), "base64"))
      : value;
  return JSON.parse(text, (_, value) => back(value)) as Tables;
}

/**
 * The database as it was when `seq` was its newest row. Events that waited in the inbox and were read later are there still (`waiting`) or
 * were not yet sent.
 */
export function cutAt(tables: Tables, seq: number, waiting: boolean): Tables {
  const order = tables.events.toSorted((a, b) => Number(a.seq) - Number(b.seq));
  const events = order.filter((row) => Number(row.seq) <= seq);
  const later = waiting ? order.filter((row) => Number(row.seq) > seq && row.n !== null) : [];
  const state = events.reduce((before, row) => reduce(before, rowFrom(row)), initialState());
  const meta = {
    ...tables.meta[0],
    epoch: events.at(-1)?.epoch ?? 0,
    status: sessionStatus(state),
    timers: "{}",
    boots_in_turn: 0,
    boot_streak: 0,
  };
  return {
    ...tables,
    meta: [meta as SqlRow],
    events,
    ...(tables.outbox ? { outbox: [] } : {}),
    inbox: later.map(({ n, id, type, cred, body, content }) => ({ n, id, type, cred, body, content }) as SqlRow),
    snap: tables.snap.filter((row) => Number(row.seq) <= seq),
  };
}
