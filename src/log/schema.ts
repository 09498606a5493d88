import { OUTBOX_TABLE } from "./outbox.ts";
import type { Sql } from "./sql.ts";

/**
 * The tables of one session (reliability.md §5.2). `events` is WITHOUT ROWID with no other index: one row written per event, and any
 * thread one range. Nothing is made until a session is created, so an unknown id leaves no tables.
 */
const TABLES = `
CREATE TABLE meta (
  k INTEGER PRIMARY KEY CHECK (k = 1),
  min_reader INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  status TEXT NOT NULL,
  last_n INTEGER NOT NULL,
  boots_in_turn INTEGER NOT NULL,
  boot_streak INTEGER NOT NULL,
  last_boot INTEGER NOT NULL,
  timers TEXT NOT NULL
);
CREATE TABLE init (k INTEGER PRIMARY KEY CHECK (k = 1), body TEXT NOT NULL);
CREATE TABLE events (
  thread INTEGER NOT NULL, seq INTEGER NOT NULL, id TEXT NOT NULL, type TEXT NOT NULL, epoch INTEGER NOT NULL, ts INTEGER NOT NULL,
  n INTEGER, origin TEXT, cred TEXT, body TEXT NOT NULL, content TEXT, note TEXT, wire TEXT,
  PRIMARY KEY (thread, seq)
) WITHOUT ROWID;
CREATE TABLE inbox (
  n INTEGER PRIMARY KEY, id TEXT NOT NULL, type TEXT NOT NULL, cred TEXT, body TEXT NOT NULL, content TEXT
);
CREATE TABLE posts (key TEXT PRIMARY KEY, digest TEXT NOT NULL, retry INTEGER NOT NULL, at INTEGER NOT NULL, echo TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE blob (sha TEXT NOT NULL, i INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (sha, i)) WITHOUT ROWID;
CREATE TABLE snap (k INTEGER PRIMARY KEY, seq INTEGER NOT NULL, version INTEGER NOT NULL, state TEXT NOT NULL);
${OUTBOX_TABLE};
`;

/** Written into `meta.min_reader`: a build that knows less refuses the session instead of misreading it (reliability.md C23). */
export const SCHEMA_VERSION = 1;

export function createTables(sql: Sql): void {
  for (const statement of TABLES.split(";\n")) if (statement.trim() !== "") sql.exec(statement);
}

export function hasTables(sql: Sql): boolean {
  return sql.exec("SELECT 1 AS yes FROM sqlite_master WHERE name = 'meta'").length > 0;
}
