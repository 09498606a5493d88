/**
 * The index of sessions: what lists show. The session object is the truth; it pushes its status here through its outbox, and a late or repeated push
 * changes nothing that is newer.
 */
import { createHash } from "node:crypto";
import { stamp } from "../log/rows.ts";
import type { SessionAgent } from "../protocol/agents.ts";
import { microseconds } from "../protocol/queries.ts";
import type { Budget, Session, SessionStatus, SessionUsage } from "../protocol/sessions.ts";
import { assignments, type Columns, type Fragment, insertInto, prepare, raw, type StoredResource, sql } from "./db.ts";
import { type ListPage, listPage, type Slice } from "./keyset.ts";

export interface SessionRow {
  id: string;
  workspace: string;
  status: SessionStatus | "creating";
  environment_id: string;
  thread_id: string;
  title: string | null;
  /** JSON text. */
  metadata: string;
  usage: string;
  agent: string;
  /** JSON text. */
  budget: string | null;
  created_at: number;
  updated_at: number;
  archived_at: number | null;
  /** SHA-256 (hex) of the request that made it, and how often that had been sent before. */
  digest: string;
  retry: number;
}

/** The rows as they are stored. */
export const SESSION_ROWS: StoredResource<SessionRow, SessionRow> = {
  table: "sessions",
  columns: `r.id, r.workspace, r.status, r.environment_id, r.thread_id, r.title, r.metadata, r.usage, r.budget, r.created_at, r.updated_at,
    r.archived_at, r.digest, r.retry, p.agent`,
  joins: "LEFT JOIN agent_snapshots p ON p.sha = r.snapshot",
  bytes: "r.bytes",
  place: ["created_at", "id"],
  wire: (row) => row,
};

/** The list's view of a session; `now` in microseconds gives the age of one that is not over. */
function sessionOf(row: SessionRow, now: number): Session {
  const agent: SessionAgent = JSON.parse(row.agent);
  const usage: SessionUsage = JSON.parse(row.usage);
  const over = row.status === "terminated" ? (row.archived_at ?? row.updated_at) : now;
  return {
    type: "session",
    id: row.id,
    status: row.status === "creating" ? "idle" : row.status,
    title: row.title,
    agent,
    environment_id: row.environment_id,
    deployment_id: null,
    vault_ids: [],
    resources: [],
    outcome_evaluations: [],
    budget: row.budget === null ? null : JSON.parse(row.budget),
    metadata: JSON.parse(row.metadata),
    usage,
    stats: { active_seconds: usage.active_seconds ?? 0, duration_seconds: Math.max(0, over - row.created_at) / 1e6 },
    created_at: stamp(row.created_at),
    updated_at: stamp(row.updated_at),
    archived_at: row.archived_at === null ? null : stamp(row.archived_at),
  };
}

/** One push of the session object. Times are microseconds. */
export interface SessionPush {
  id: string;
  workspace: string;
  status: SessionStatus;
  title: string | null;
  metadata: Record<string, string>;
  budget: Budget | null;
  /** Null while the session runs the agent that it was created with. */
  agent: SessionAgent | null;
  usage: SessionUsage;
  archivedAt: number | null;
  updatedAt: number;
  /** Rises with every push of one session; a lower one is ignored. */
  ordinal: number;
}

/**
 * Safe to repeat and to reorder. Changes nothing for a session that is no longer indexed: a late push does not bring a deleted one back. Writes one
 * row of D1 while status and agent stay, and four when the status changes, since three indexes hold it. `also` runs in the same transaction; its
 * results are answered.
 */
export async function indexSession(
  db: D1Database,
  push: SessionPush,
  also: D1PreparedStatement[] = [],
): Promise<D1Result[]> {
  const next = push.agent && snapshotOf(push.workspace, push.agent);
  const last =
    next && (await prepare(db, sql`SELECT snapshot FROM sessions WHERE id = ${push.id}`).first<{ snapshot: string }>());
  const swap = next && last && next.sha !== last.snapshot ? { next, last } : null;
  const set: Columns = {
    usage: JSON.stringify(push.usage),
    archived_at: sql`COALESCE(archived_at, ${push.archivedAt})`,
    updated_at: push.updatedAt,
    ordinal: push.ordinal,
    title: push.title,
    metadata: JSON.stringify(push.metadata),
    budget: push.budget && JSON.stringify(push.budget),
    ...(swap && { snapshot: swap.next.sha, bytes: swap.next.text.length }),
  };
  const status = push.archivedAt === null ? push.status : "terminated";
  const moved = sql`CASE WHEN archived_at IS NULL THEN ${status} ELSE 'terminated' END`;
  const newer = sql`WHERE id = ${push.id} AND ordinal < ${push.ordinal}`;
  const changes = [
    sql`UPDATE sessions SET ${assignments(set)} ${newer} AND status = ${status}`,
    sql`UPDATE sessions SET ${assignments({ ...set, status: moved })} ${newer}`,
  ];
  const pieces = swap
    ? [keepSnapshot(swap.next, push.id), ...changes, dropOrphan(swap.last.snapshot), dropOrphan(swap.next.sha)]
    : changes;
  const statements = pieces.map((piece) => prepare(db, piece));
  const done = await db.batch([...statements, ...also]);
  return done.slice(statements.length);
}

/** A session's agent as the index keeps it: JSON text under the SHA-256 (hex) of workspace and text. */
export interface Snapshot {
  sha: string;
  text: string;
}

export function snapshotOf(workspace: string, agent: SessionAgent): Snapshot {
  const text = JSON.stringify(agent);
  return { sha: createHash("sha256").update(`${workspace}\n${text}`).digest("hex"), text };
}

/** Stores it, if there is a row of that session to refer to it. */
export function keepSnapshot({ sha, text }: Snapshot, sessionId: string): Fragment {
  const known = sql`WHERE EXISTS (SELECT 1 FROM sessions s WHERE s.id = ${sessionId}) ON CONFLICT DO NOTHING`;
  return insertInto("agent_snapshots", { sha, agent: text }, known);
}

/** Deletes it when no session has it. */
function dropOrphan(sha: string): Fragment {
  return sql`DELETE FROM agent_snapshots WHERE sha = ${sha} AND NOT EXISTS (SELECT 1 FROM sessions s WHERE s.snapshot = ${sha})`;
}

/** What the api has just heard from the object, before it answers: lists show it at once. Leaves the ordinal to the object's pushes. */
export async function settleSession(db: D1Database, session: Session): Promise<boolean> {
  const archivedAt = session.archived_at === null ? null : microseconds(session.archived_at);
  const unsettled = archivedAt === null ? "status = 'creating'" : "(status = 'creating' OR archived_at IS NULL)";
  const set = { status: session.status, archived_at: sql`COALESCE(archived_at, ${archivedAt})` };
  const settle = sql`UPDATE sessions SET ${assignments(set)} WHERE id = ${session.id} AND ${raw(unsettled)}`;
  const { meta } = await prepare(db, settle).run();
  return meta.changes > 0 || (await workspaceOf(db, session.id)) !== null;
}

/** Whose session this is; null: the catalog has none of this id. */
export async function workspaceOf(db: D1Database, sessionId: string): Promise<string | null> {
  const row = await prepare(db, sql`SELECT workspace FROM sessions WHERE id = ${sessionId}`).first<{
    workspace: string;
  }>();
  return row?.workspace ?? null;
}

/**
 * Removes the row (if it has this status, when one is given), and its agent snapshot when no other session has it. Twice is fine. False: there was
 * no such row.
 */
export async function dropSession(db: D1Database, id: string, status: "creating" | null = null): Promise<boolean> {
  const drop = sql`DELETE FROM sessions WHERE id = ${id} AND status = COALESCE(${status}, status) RETURNING snapshot`;
  const row = await prepare(db, drop).first<{ snapshot: string }>();
  if (row) await prepare(db, dropOrphan(row.snapshot)).run();
  return row !== null;
}

export interface SessionFilter {
  /** Which to show, each once; archived sessions are terminated ones. `creating` rows are in no list. */
  statuses: readonly SessionStatus[];
  agentId?: string;
  /** Counts only beside `agentId`. */
  agentVersion?: number;
}

/** Every filter has an index, and several statuses are several ranges merged, so a page costs about its own rows. `now` in microseconds, for the ages. */
export function listSessions(
  db: D1Database,
  workspace: string,
  slice: Slice,
  filter: SessionFilter,
  now: number,
): Promise<ListPage<Session>> {
  const { index, where } = choose(workspace, filter);
  const ranges = filter.statuses.map((status) => sql`${where} AND r.status = ${status}`);
  return listPage(db, { ...SESSION_ROWS, wire: (row: SessionRow) => sessionOf(row, now) }, slice, ranges, index);
}

/** The index is named: beside a bound on `created_at`, SQLite would take a shorter one and read what the filter then excludes. */
function choose(workspace: string, { agentId, agentVersion }: SessionFilter): { index: string; where: Fragment } {
  const mine = sql`r.workspace = ${workspace}`;
  if (agentId === undefined) return { index: "sessions_status", where: mine };
  const agent = sql`${mine} AND r.agent_id = ${agentId}`;
  if (agentVersion === undefined) return { index: "sessions_agent", where: agent };
  return { index: "sessions_version", where: sql`${agent} AND r.agent_version = ${agentVersion}` };
}
