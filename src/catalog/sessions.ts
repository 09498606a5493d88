/**
 * The index of sessions: what lists show. The session object is the truth; it pushes its status here through its outbox, and a late or repeated push
 * changes nothing that is newer.
 */
import { createHash } from "node:crypto";
import { stamp } from "../log/rows.ts";
import type { SessionAgent } from "../protocol/agents.ts";
import { microseconds } from "../protocol/queries.ts";
import type { Budget, Session, SessionStatus, SessionUsage } from "../protocol/sessions.ts";

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
  /** SHA-256 (hex) of the request that made it. */
  digest: string;
}

export const WHOLE_SESSION = "SELECT s.*, p.agent";

/** The list's view of a session; `now` in microseconds gives the age of one that is not over. */
export function sessionOf(row: SessionRow, now: number): Session {
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
  const last = next && (await db.prepare("SELECT snapshot FROM sessions WHERE id = ?1").bind(push.id).first<Held>());
  const swap = next && last && next.sha !== last.snapshot ? { next, last } : null;
  const values = [
    push.id,
    push.archivedAt === null ? push.status : "terminated",
    JSON.stringify(push.usage),
    push.archivedAt,
    push.updatedAt,
    push.ordinal,
    push.title,
    JSON.stringify(push.metadata),
    push.budget && JSON.stringify(push.budget),
    ...(swap ? [swap.next.sha, swap.next.text.length] : []),
  ];
  const set = `usage = ?3, archived_at = COALESCE(archived_at, ?4), updated_at = ?5, ordinal = ?6, title = ?7, metadata = ?8,
    budget = ?9${swap ? ", snapshot = ?10, bytes = ?11" : ""}`;
  const newer = "WHERE id = ?1 AND ordinal < ?6";
  const changes = [
    `UPDATE sessions SET ${set} ${newer} AND status = ?2`,
    `UPDATE sessions SET ${set}, status = CASE WHEN archived_at IS NULL THEN ?2 ELSE 'terminated' END ${newer}`,
  ].map((sql) => db.prepare(sql).bind(...values));
  const statements = swap
    ? [
        keepSnapshot(db, swap.next, push.id),
        ...changes,
        dropOrphan(db, swap.last.snapshot),
        dropOrphan(db, swap.next.sha),
      ]
    : changes;
  const done = await db.batch([...statements, ...also]);
  return done.slice(statements.length);
}

/** A session's agent as the index keeps it: JSON text under the SHA-256 (hex) of workspace and text. */
export interface Snapshot {
  sha: string;
  text: string;
}

interface Held {
  snapshot: string;
}

export function snapshotOf(workspace: string, agent: SessionAgent): Snapshot {
  const text = JSON.stringify(agent);
  return { sha: createHash("sha256").update(`${workspace}\n${text}`).digest("hex"), text };
}

/** Stores it, if there is a row of that session to refer to it. */
export function keepSnapshot(db: D1Database, { sha, text }: Snapshot, sessionId: string): D1PreparedStatement {
  return db
    .prepare("INSERT OR IGNORE INTO agent_snapshots SELECT ?1, ?2 WHERE EXISTS (SELECT 1 FROM sessions WHERE id = ?3)")
    .bind(sha, text, sessionId);
}

/** Deletes it when no session has it. */
function dropOrphan(db: D1Database, sha: string): D1PreparedStatement {
  return db
    .prepare("DELETE FROM agent_snapshots WHERE sha = ?1 AND NOT EXISTS (SELECT 1 FROM sessions WHERE snapshot = ?1)")
    .bind(sha);
}

/** What the api has just heard from the object, before it answers: lists show it at once. Leaves the ordinal to the object's pushes. */
export async function settleSession(db: D1Database, session: Session): Promise<boolean> {
  const { meta } = await db
    .prepare(
      `UPDATE sessions SET status = ?2, archived_at = COALESCE(archived_at, ?3)
       WHERE id = ?1 AND (status = 'creating' OR (?3 IS NOT NULL AND archived_at IS NULL))`,
    )
    .bind(session.id, session.status, session.archived_at === null ? null : microseconds(session.archived_at))
    .run();
  return meta.changes > 0 || (await isIndexed(db, session.id));
}

async function isIndexed(db: D1Database, id: string): Promise<boolean> {
  return (await db.prepare("SELECT 1 FROM sessions WHERE id = ?1").bind(id).first()) !== null;
}

/** Whose session this is; null: the catalog has none of this id. */
export async function workspaceOf(db: D1Database, sessionId: string): Promise<string | null> {
  const row = await db
    .prepare("SELECT workspace FROM sessions WHERE id = ?1")
    .bind(sessionId)
    .first<{ workspace: string }>();
  return row?.workspace ?? null;
}

/**
 * Removes the row (if it has this status, when one is given), and its agent snapshot when no other session has it. Twice is fine. False: there was
 * no such row.
 */
export async function dropSession(db: D1Database, id: string, status?: "creating"): Promise<boolean> {
  const row = await db
    .prepare("DELETE FROM sessions WHERE id = ?1 AND status = COALESCE(?2, status) RETURNING snapshot")
    .bind(id, status ?? null)
    .first<Held>();
  if (!row) return false;
  await dropOrphan(db, row.snapshot).run();
  return true;
}
