/** Lists of sessions. Every filter has an index, and several statuses are several ranges merged, so a page costs about its own rows. */
import type { Session, SessionStatus } from "../protocol/sessions.ts";
import { ordered, type Page, Params, placement, readPage, type Slice } from "./keyset.ts";
import { type SessionRow, sessionOf, WHOLE_SESSION } from "./sessions.ts";

export interface SessionFilter {
  /** Which to show, each once; archived sessions are terminated ones. `creating` rows are in no list. */
  statuses: readonly SessionStatus[];
  agentId?: string;
  /** Counts only beside `agentId`. */
  agentVersion?: number;
}

/** `now` in microseconds, for the ages. */
export async function listSessions(
  db: D1Database,
  workspace: string,
  slice: Slice,
  filter: SessionFilter,
  now: number,
): Promise<Page<Session>> {
  if (filter.statuses.length === 0) return { items: [], more: false };
  const params = new Params();
  const { index, where } = choose(workspace, filter, params);
  const place = placement(slice, params);
  const tail = ordered(slice, params);
  const ranges = filter.statuses.map(
    (status) =>
      `SELECT * FROM (SELECT id, created_at, bytes FROM sessions INDEXED BY ${index} WHERE ${where} AND status = ${params.add(status)}${place}${tail})`,
  );
  const keys = `SELECT * FROM (${ranges.join(" UNION ALL ")})${tail}`;
  const body = `${WHOLE_SESSION} FROM sized LEFT JOIN sessions s ON s.id = sized.id AND sized.fits LEFT JOIN agent_snapshots p ON p.sha = s.snapshot`;
  const page = await readPage<SessionRow>(db, slice, keys, body, params);
  return { ...page, items: page.items.map((row) => sessionOf(row, now)) };
}

/** The index is named: beside a bound on `created_at`, SQLite would take a shorter one and read what the filter then excludes. */
function choose(workspace: string, { agentId, agentVersion }: SessionFilter, params: Params) {
  const mine = `workspace = ${params.add(workspace)}`;
  if (agentId === undefined) return { index: "sessions_status", where: mine };
  const agent = `${mine} AND agent_id = ${params.add(agentId)}`;
  if (agentVersion === undefined) return { index: "sessions_agent", where: agent };
  return { index: "sessions_version", where: `${agent} AND agent_version = ${params.add(agentVersion)}` };
}
