/** What single rows say of a log that was not opened. Each reads its row alone, and throws where the storage cannot. */
import { PRIMARY } from "./rows.ts";
import type { Sql, SqlRow } from "./sql.ts";

/** What the log keeps of itself; null: no such row. */
export function metaRow(sql: Sql): SqlRow | null {
  return sql.exec("SELECT * FROM meta WHERE k = 1")[0] ?? null;
}

/** The JSON of what the session was created with; null: no such row. */
export function createdBody(sql: Sql): string | null {
  const row = sql.exec("SELECT body FROM init WHERE k = 1")[0];
  return row ? String(row.body) : null;
}

/** Seq and time (microseconds since 1970) of the primary thread's newest row, as they are stored; null: it has none. */
export function newestRow(sql: Sql): SqlRow | null {
  return sql.exec("SELECT seq, ts FROM events WHERE thread = ? ORDER BY seq DESC LIMIT 1", PRIMARY)[0] ?? null;
}
