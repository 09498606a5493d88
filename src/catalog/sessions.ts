/**
 * The index of sessions: what lists show. The session object is the truth; it pushes its status here through its outbox, and a late or repeated push
 * changes nothing that is newer.
 */
import { stamp } from "../log/rows.ts";
import type { SessionAgent } from "../protocol/agents.ts";
import { microseconds } from "../protocol/queries.ts";
import type { Session, SessionStatus, SessionUsage } from "../protocol/sessions.ts";

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
    budget: null,
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
  status: SessionStatus;
  usage: SessionUsage;
  archivedAt: number | null;
  updatedAt: number;
  /** Rises with every push of one session; a lower one is ignored. */
  ordinal: number;
}

/** Safe to repeat and to reorder. Changes nothing for a session that is no longer indexed: a late push does not bring a deleted one back. */
export async function indexSession(db: D1Database, push: SessionPush): Promise<void> {
  await db
    .prepare(
      `UPDATE sessions SET status = CASE WHEN archived_at IS NULL THEN ?2 ELSE 'terminated' END, usage = ?3,
         archived_at = COALESCE(archived_at, ?4), updated_at = ?5, ordinal = ?6 WHERE id = ?1 AND ordinal < ?6`,
    )
    .bind(push.id, push.status, JSON.stringify(push.usage), push.archivedAt, push.updatedAt, push.ordinal)
    .run();
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

/**
 * Removes the row (if it has this status, when one is given), and its agent snapshot when no other session has it. Twice is fine. False: there was
 * no such row.
 */
export async function dropSession(db: D1Database, id: string, status?: "creating"): Promise<boolean> {
  const row = await db
    .prepare("DELETE FROM sessions WHERE id = ?1 AND status = COALESCE(?2, status) RETURNING snapshot")
    .bind(id, status ?? null)
    .first<{ snapshot: string }>();
  if (!row) return false;
  await db
    .prepare("DELETE FROM agent_snapshots WHERE sha = ?1 AND NOT EXISTS (SELECT 1 FROM sessions WHERE snapshot = ?1)")
    .bind(row.snapshot)
    .run();
  return true;
}
