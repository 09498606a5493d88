import { z } from "zod";
import type { Sql } from "./sql.ts";
import type { SessionState, ThreadState } from "./state.ts";

/**
 * The stored state: a cache of the rows up to its seq, one row for the session with its primary thread and one for each further thread. Without it, or
 * with a part that cannot be read, the rows are replayed from the first.
 */

/** Raised whenever `reduce` gives another state for the same rows: older snapshots are then replayed instead of read. */
const STATE_VERSION = 7;
/** Characters of a part: far below the 2 MB of a row, which would fail the whole commit (reliability.md §5.5). */
const MAX_SNAPSHOT_CHARS = 256 * 1024;

// Only this build's own text gets here, told by its version: what a spoiled row lacks is all that is looked for.
const ThreadPart = z.custom<ThreadState>(
  (value) => z.looseObject({ thread: z.int(), calls: z.array(z.unknown()) }).safeParse(value).success,
);
const SessionPart = z.custom<Omit<SessionState, "threads"> & { primary: ThreadState; further: number }>(
  (value) => z.looseObject({ seq: z.int(), primary: ThreadPart, further: z.int() }).safeParse(value).success,
);

/** Null: there is none, it is another version's, or it cannot be read. */
export function readSnapshot(sql: Sql): SessionState | null {
  const rows = sql.exec("SELECT k, seq, version, state FROM snap ORDER BY k");
  if (rows[0]?.k !== 0 || rows[0].version !== STATE_VERSION) return null;
  try {
    const { primary, further, ...session } = SessionPart.parse(JSON.parse(String(rows[0].state)));
    const own = rows.slice(0, further + 1);
    const threads = [primary, ...own.slice(1).map((row) => ThreadPart.parse(JSON.parse(String(row.state))))];
    const whole =
      threads.length === further + 1 &&
      threads.every(({ thread }, i) => thread === i) &&
      own.every(({ seq, version }) => seq === session.seq && version === STATE_VERSION);
    return whole ? { ...session, threads } : null;
  } catch {
    return null;
  }
}

/** With a part too long for it nothing is written, and the next boot reads on from the snapshot before. */
export function writeSnapshot(sql: Sql, { threads, ...session }: SessionState): void {
  const [primary, ...further] = threads;
  const parts = [{ ...session, primary, further: further.length }, ...further].map((part) => JSON.stringify(part));
  if (parts.some((text) => text.length > MAX_SNAPSHOT_CHARS)) return;
  const statement = "INSERT OR REPLACE INTO snap (k, seq, version, state) VALUES (?, ?, ?, ?)";
  for (const [key, text] of parts.entries()) sql.exec(statement, key, session.seq, STATE_VERSION, text);
}

/** Does the work and leaves the snapshot as it was: one of what `repairedState` gives would be wrong. */
export function keepingSnapshot(sql: Sql, work: () => void): void {
  sql.transaction(() => {
    const kept = sql.exec("SELECT k, version, seq, state FROM snap");
    work();
    sql.exec("DELETE FROM snap");
    for (const { k, seq, version, state } of kept) {
      const values = [k ?? null, seq ?? null, version ?? null, state ?? null];
      sql.exec("INSERT INTO snap (k, seq, version, state) VALUES (?, ?, ?, ?)", ...values);
    }
  });
}
