/** The catalog's part in creating a session (design §8): the row comes first, as `creating`, and is settled when the object has answered. */
import type { Session } from "../protocol/sessions.ts";
import { dropSession, keepSnapshot, type SessionRow, type Snapshot, settleSession, WHOLE_SESSION } from "./sessions.ts";

/** A row older than this, in microseconds, whose request is certainly over. */
export const CREATING_TTL = 120e6;
/** Old rows that one sweep settles. */
const SWEEP_BATCH = 20;
/** A repeated request without a key is recognised for this long, in microseconds. */
const RETRY_WINDOW = 20e6;

export interface NewSession {
  id: string;
  threadId: string;
  workspace: string;
  createdAt: number;
  environmentId: string;
  agentId: string;
  agentVersion: number;
  title: string | null;
  metadata: string;
  /** JSON text. */
  budget: string | null;
  snapshot: Snapshot;
  cred: string;
  key: string | null;
  digest: string;
  retry: number;
}

/**
 * Inserts the row only if environment and agent are still live at that moment. False: one of them is not, or the key is taken; nothing is written.
 */
export async function insertSession(db: D1Database, row: NewSession): Promise<boolean> {
  const [inserted] = await db.batch([
    db
      .prepare(
        `INSERT INTO sessions (id, workspace, status, agent_id, agent_version, snapshot, environment_id, thread_id, title, metadata, usage,
           created_at, updated_at, archived_at, ordinal, bytes, cred, idempotency_key, digest, retry, budget)
         SELECT ?1, ?2, 'creating', a.id, ?3, ?4, e.id, ?5, ?6, ?7, '{}', ?8, ?8, NULL, 0, ?9, ?10, ?11, ?12, ?13, ?16
         FROM environments e, agents a
         WHERE e.id = ?14 AND e.workspace = ?2 AND e.archived_at IS NULL AND a.id = ?15 AND a.workspace = ?2 AND a.archived_at IS NULL
         ON CONFLICT (workspace, cred, idempotency_key) WHERE idempotency_key IS NOT NULL DO NOTHING RETURNING id`,
      )
      .bind(
        row.id,
        row.workspace,
        row.agentVersion,
        row.snapshot.sha,
        row.threadId,
        row.title,
        row.metadata,
        row.createdAt,
        row.snapshot.text.length,
        row.cred,
        row.key,
        row.digest,
        row.retry,
        row.environmentId,
        row.agentId,
        row.budget,
      ),
    keepSnapshot(db, row.snapshot, row.id),
  ]);
  return inserted?.results.length === 1;
}

/**
 * The session that this request already made: by its key, or, for a retry without one, the credential's last create if the body is the same, it is
 * at most RETRY_WINDOW old and was sent with a lower retry count (reliability.md C2).
 */
export async function findDuplicate(
  db: D1Database,
  request: { workspace: string; cred: string; key: string | null; digest: string; retry: number; now: number },
): Promise<SessionRow | null> {
  const { workspace, cred, key, digest, retry, now } = request;
  const from = `${WHOLE_SESSION} FROM sessions s JOIN agent_snapshots p ON p.sha = s.snapshot WHERE s.workspace = ?1 AND s.cred = ?2`;
  if (key !== null)
    return db.prepare(`${from} AND s.idempotency_key = ?3`).bind(workspace, cred, key).first<SessionRow>();
  if (retry < 1) return null;
  const last = await db
    .prepare(`${from} ORDER BY s.created_at DESC LIMIT 1`)
    .bind(workspace, cred)
    .first<SessionRow & { retry: number }>();
  return last && last.digest === digest && last.retry < retry && now - last.created_at <= RETRY_WINDOW ? last : null;
}

/**
 * Settles rows whose request died between the row and the object's answer. `ask` answers the session, or null when the object does not know it;
 * a rejection leaves the row for the next sweep, and does not keep this one from the rows after it. Rejects with the last one.
 * Rows are taken by lot: many that cannot be settled must not keep the others waiting.
 * `dropped` hears of each row that is gone for good: only from then on nothing can bring its session to life.
 */
export async function sweepCreating(
  db: D1Database,
  now: number,
  ask: (id: string, workspace: string) => Promise<Session | null>,
  dropped: (id: string) => Promise<void>,
): Promise<void> {
  const { results } = await db
    .prepare(
      "SELECT id, workspace FROM sessions WHERE status = 'creating' AND created_at < ?1 ORDER BY random() LIMIT ?2",
    )
    .bind(now - CREATING_TTL, SWEEP_BATCH)
    .all<{ id: string; workspace: string }>();
  const settle = async (id: string, workspace: string) => {
    const session = await ask(id, workspace);
    if (session) await settleSession(db, session);
    else if (await dropSession(db, id, "creating")) await dropped(id);
  };
  let failure: unknown = null;
  for (const { id, workspace } of results) {
    await settle(id, workspace).catch((error: unknown) => {
      failure = error;
    });
  }
  if (failure !== null) throw failure;
}
