import type { InboxEntry } from "./batch.ts";
import type { Created } from "./log.ts";
import { rowFrom } from "./read.ts";
import { reduce } from "./reduce.ts";
import { INTERNAL, PRIMARY, type Row } from "./rows.ts";
import type { Sql } from "./sql.ts";
import { initialState, newTurn, type State } from "./state.ts";

/**
 * The least that ending a turn needs: what is open since the newest model request began, by point reads, and what the session has used and may
 * use, from the rows that say so. No content, no history. A row that cannot be read counts for its place only. Good for nothing else
 * (reliability.md C32, C33).
 */
export function skim(sql: Sql, created: Pick<Created, "budget">): { state: State; inbox: InboxEntry[] } {
  const start = sql.exec(
    "SELECT seq FROM events WHERE thread = ? AND type = ? ORDER BY seq DESC LIMIT ?",
    PRIMARY,
    "span.model_request_start",
    1,
  )[0];
  const since = (start?.seq as number | undefined) ?? 1;
  const { usage, activeMicros, runningSince, started, budget } = until(sql, since, created);
  const known = { usage, activeMicros, runningSince, started, budget };
  let state: State = { ...initialState(), ...known, status: "running", turn: newTurn() };
  for (const row of rowsFrom(sql, since - 1)) state = read(state, row);
  const inbox = sql.exec("SELECT n, id, type, body, cred FROM inbox ORDER BY n") as unknown as InboxEntry[];
  return { state, inbox };
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

function rowsFrom(sql: Sql, after: number): Row[] {
  const rows = [PRIMARY, INTERNAL].flatMap((thread) =>
    sql.exec(
      `SELECT thread, seq, id, type, epoch, ts, n, origin, cred,
         CASE WHEN type IN ('agent.tool_use', 'agent.custom_tool_use') THEN json_remove(body, '$.input') ELSE body END AS body,
         NULL AS content, note, NULL AS wire
       FROM events WHERE thread = ? AND seq > ? ORDER BY seq`,
      thread,
      after,
    ),
  );
  return rows.map(rowFrom).sort((a, b) => a.seq - b.seq);
}

function read(state: State, row: Row): State {
  try {
    return reduce(state, row);
  } catch {
    return { ...state, seq: row.seq, ts: row.ts };
  }
}
