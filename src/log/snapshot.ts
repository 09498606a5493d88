import type { Sql } from "./sql.ts";
import type { State } from "./state.ts";

/** The stored state: a cache of the rows up to its seq. Without one, or with one that cannot be read, the rows are replayed from the first. */

/** Raised whenever `reduce` gives another state for the same rows: older snapshots are then replayed instead of read. */
const STATE_VERSION = 6;
/** Characters: far below the 2 MB of a row, which would fail the whole commit (reliability.md §5.5). */
const MAX_SNAPSHOT_CHARS = 256 * 1024;

/** Null: there is none, it is another version's, or it cannot be read. */
export function readSnapshot(sql: Sql): State | null {
  const row = sql.exec("SELECT seq, version, state FROM snap WHERE k = 0")[0];
  if (row?.version !== STATE_VERSION) return null;
  try {
    const state = JSON.parse(row.state as string) as State | null;
    return state?.seq === row.seq ? state : null;
  } catch {
    return null;
  }
}

/** A state too long for it is left out, and the next boot reads on from the snapshot before. */
export function writeSnapshot(sql: Sql, state: State): void {
  const text = JSON.stringify(state);
  if (text.length > MAX_SNAPSHOT_CHARS) return;
  const statement = "INSERT OR REPLACE INTO snap (k, seq, version, state) VALUES (0, ?, ?, ?)";
  sql.exec(statement, state.seq, STATE_VERSION, text);
}

/** Does the work and leaves the snapshot as it was: one of what `skim` gives would be wrong. */
export function keepingSnapshot(sql: Sql, work: () => void): void {
  sql.transaction(() => {
    const kept = sql.exec("SELECT version, seq, state FROM snap WHERE k = 0")[0];
    work();
    sql.exec("DELETE FROM snap WHERE k = ?", 0);
    if (!kept) return;
    const { seq, version, state } = kept;
    sql.exec(
      "INSERT INTO snap (k, seq, version, state) VALUES (0, ?, ?, ?)",
      seq ?? null,
      version ?? null,
      state ?? null,
    );
  });
}
