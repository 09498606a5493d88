import type { InboxEntry } from "./batch.ts";
import type { Created } from "./log.ts";
import { readableInbox, rowFrom, stateRows } from "./read.ts";
import { reduce } from "./reduce.ts";
import { PRIMARY, type Row } from "./rows.ts";
import type { Sql } from "./sql.ts";
import { initialState, newTurn, type State } from "./state.ts";

/**
 * The least that ending a turn and telling the catalog needs: what is open since the newest model request began, what the session has used and may
 * use, and its title and metadata, from the rows that say so. No content, no history: of the rows between, nothing but the type is looked at. A row
 * that cannot be read counts for its place only. Good for nothing else (reliability.md C32, C33).
 */
export function skim(sql: Sql, created: Pick<Created, "budget">): { state: State; inbox: InboxEntry[] } {
  const start = sql.exec(
    "SELECT seq FROM events WHERE thread = ? AND type = ? ORDER BY seq DESC LIMIT ?",
    PRIMARY,
    "span.model_request_start",
    1,
  )[0];
  const since = (start?.seq as number | undefined) ?? 1;
  const known = until(sql, since, created);
  let state: State = { ...known, status: "running", stop: null, request: null, calls: [], turn: newTurn() };
  for (const row of stateRows(sql, since - 1)) state = read(state, row);
  return { state, inbox: readableInbox(sql) };
}

/** Says what was used and what may be; a whole log has few bytes of it. */
const SAYS_USAGE = [
  "session.status_running",
  "session.status_idle",
  "session.status_rescheduled",
  "session.updated",
  "span.model_request_end",
];

/** What those rows before `seq` make of the state. An agent is not among it. */
function until(sql: Sql, seq: number, created: Pick<Created, "budget">): State {
  const rows = SAYS_USAGE.flatMap((type) =>
    sql.exec(
      `SELECT seq, ts, type, CASE WHEN type IN ('session.updated') THEN '{}' ELSE body END AS body, note
       FROM events WHERE thread = ? AND type = ? AND seq < ? ORDER BY seq`,
      PRIMARY,
      type,
      seq,
    ),
  );
  const sorted = rows.map(rowFrom).sort((a, b) => a.seq - b.seq);
  return sorted.reduce(read, initialState(created.budget ?? null));
}

function read(state: State, row: Row): State {
  try {
    return reduce(state, row);
  } catch {
    return { ...state, seq: row.seq, ts: row.ts };
  }
}
