/** What can be said of a log that cannot be opened, from single rows that can be read. */
import type { InboxEntry } from "./batch.ts";
import { readableInbox, stateRows, threadsOf, usageRows } from "./read.ts";
import { reduce } from "./reduce.ts";
import { PRIMARY, type Row } from "./rows.ts";
import type { Sql, SqlRow } from "./sql.ts";
import { type Created, initialState, newTurn, type SessionState, type ThreadState } from "./state.ts";

/** What the log keeps of itself; null: no such row. Throws where the storage cannot. */
export function metaRow(sql: Sql): SqlRow | null {
  return sql.exec("SELECT * FROM meta WHERE k = 1")[0] ?? null;
}

/** The JSON of what the session was created with; null: no such row. Throws where the storage cannot. */
export function createdBody(sql: Sql): string | null {
  const row = sql.exec("SELECT body FROM init WHERE k = 1")[0];
  return row ? String(row.body) : null;
}

/** Seq and time (microseconds since 1970) of the primary thread's newest row, as they are stored; null: it has none. */
export function newestRow(sql: Sql): SqlRow | null {
  return sql.exec("SELECT seq, ts FROM events WHERE thread = ? ORDER BY seq DESC LIMIT 1", PRIMARY)[0] ?? null;
}

/**
 * The least that ending a turn and telling the catalog needs: what is open since the newest model request of each thread began, what the session
 * has used and may use, and its title and metadata, from the rows that say so. No content, no history: of the rows between, nothing but the type is
 * looked at. A row that cannot be read counts for its place only. Good for nothing else (reliability.md C32, C33).
 */
export function repairedState(sql: Sql, created: Created): { state: SessionState; inbox: InboxEntry[] } {
  const since = Math.min(...threadsOf(sql).map((thread) => newestRequest(sql, thread)));
  const known = usageRows(sql, since).reduce(reduceReadable, initialState(created));
  const begun: SessionState = { ...known, stop: null, threads: known.threads.map(atWork) };
  const state = stateRows(sql, since - 1).reduce(reduceReadable, begun);
  return { state, inbox: readableInbox(sql) };
}

/** Of the primary thread it is taken that a turn is under way: what would say otherwise may be the row that cannot be read. */
function atWork(thread: ThreadState): ThreadState {
  const open = { request: null, calls: [], turn: newTurn() };
  return thread.thread === PRIMARY || thread.status !== "idle"
    ? { ...thread, ...open, status: "running", stop: null }
    : thread;
}

/** The seq at which the newest model request of a thread began; 1 for none. */
function newestRequest(sql: Sql, thread: number): number {
  const start = sql.exec(
    "SELECT seq FROM events WHERE thread = ? AND type = ? ORDER BY seq DESC LIMIT ?",
    thread,
    "span.model_request_start",
    1,
  )[0];
  return start ? Number(start.seq) : 1;
}

function reduceReadable(state: SessionState, row: Row): SessionState {
  try {
    return reduce(state, row);
  } catch {
    return { ...state, seq: row.seq, ts: row.ts };
  }
}
