/**
 * The journal of a machine: which calls have an outcome, the highest epoch seen, and the shell's state for a machine without a shell that lives on. A
 * machine that can undo writes it in the transaction of the call's file changes (`Machine.atomically`), so a call has its outcome and its effects, or
 * neither (reliability.md §2.2).
 */
import type { Sql } from "../../log/sql.ts";
import type { OpenCalls, Result } from "../hand.ts";

const TABLES = [
  "CREATE TABLE IF NOT EXISTS call (key TEXT PRIMARY KEY, digest TEXT, result TEXT NOT NULL) WITHOUT ROWID",
  "CREATE TABLE IF NOT EXISTS machine (id INTEGER PRIMARY KEY CHECK (id = 1), epoch INTEGER NOT NULL, shell TEXT)",
  // A table of its own: release 0.1 inserts into the other two by position.
  "CREATE TABLE IF NOT EXISTS open_calls (id INTEGER PRIMARY KEY CHECK (id = 1), at INTEGER NOT NULL, keys TEXT NOT NULL)",
];

export interface Recorded {
  /** Null for a call that was cancelled before its digest was known. */
  digest: string | null;
  result: Result;
}

export class Journal {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
    for (const table of TABLES) sql.exec(table);
    sql.exec("INSERT OR IGNORE INTO machine VALUES (1, 0, NULL)");
  }

  find(key: string): Recorded | null {
    const [row] = this.#sql.exec("SELECT digest, result FROM call WHERE key = ?", key);
    if (row === undefined) return null;
    return {
      digest: row.digest === null ? null : String(row.digest),
      result: JSON.parse(String(row.result)) as Result,
    };
  }

  /** To be called inside the transaction of the call's changes. */
  record(key: string, digest: string | null, result: Result): void {
    this.#sql.exec("INSERT INTO call VALUES (?, ?, ?)", key, digest, JSON.stringify(result));
  }

  /** The newest set of open calls that was kept; before the first, of a row that comes before all. */
  get open(): OpenCalls {
    const [row] = this.#sql.exec("SELECT at, keys FROM open_calls");
    return row === undefined
      ? { at: 0, keys: [] }
      : { at: Number(row.at), keys: JSON.parse(String(row.keys)) as string[] };
  }

  /** Forgets every other call. Safe only where the caller refuses those from now on; inside a transaction, as `record`. */
  keepOnly({ at, keys }: OpenCalls): void {
    const text = JSON.stringify(keys);
    this.#sql.exec("INSERT OR REPLACE INTO open_calls (id, at, keys) VALUES (1, ?, ?)", at, text);
    this.#sql.exec("DELETE FROM call WHERE key NOT IN (SELECT value FROM json_each(?))", text);
  }

  get epoch(): number {
    return Number(this.#sql.exec("SELECT epoch FROM machine")[0]?.epoch);
  }

  raiseEpoch(epoch: number): void {
    this.#sql.exec("UPDATE machine SET epoch = ?", epoch);
  }

  get shell(): string | null {
    const shell = this.#sql.exec("SELECT shell FROM machine")[0]?.shell;
    return typeof shell === "string" ? shell : null;
  }

  saveShell(shell: string | null): void {
    this.#sql.exec("UPDATE machine SET shell = ?", shell);
  }
}
