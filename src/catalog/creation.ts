/** The catalog's part in creating a session (design §8): the row comes first, as `creating`, and is settled when the object has answered. */
import type { Session } from "../protocol/sessions.ts";
import { findRow, insertInto, prepare, raw, sql } from "./db.ts";
import { dropSession, keepSnapshot, SESSION_ROWS, type SessionRow, type Snapshot, settleSession } from "./sessions.ts";

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
  const columns = {
    id: row.id,
    workspace: row.workspace,
    status: "creating",
    agent_id: raw("a.id"),
    agent_version: row.agentVersion,
    snapshot: row.snapshot.sha,
    environment_id: raw("e.id"),
    thread_id: row.threadId,
    title: row.title,
    metadata: row.metadata,
    usage: "{}",
    created_at: row.createdAt,
    updated_at: row.createdAt,
    archived_at: null,
    ordinal: 0,
    bytes: row.snapshot.text.length,
    cred: row.cred,
    idempotency_key: row.key,
    digest: row.digest,
    retry: row.retry,
    budget: row.budget,
  };
  const live = (alias: string, id: string) =>
    sql`${raw(`${alias}.id`)} = ${id} AND ${raw(`${alias}.workspace`)} = ${row.workspace} AND ${raw(`${alias}.archived_at`)} IS NULL`;
  const once = sql`FROM environments e, agents a WHERE ${live("e", row.environmentId)} AND ${live("a", row.agentId)}
    ON CONFLICT (workspace, cred, idempotency_key) WHERE idempotency_key IS NOT NULL DO NOTHING RETURNING id`;
  const [inserted] = await db.batch([
    prepare(db, insertInto("sessions", columns, once)),
    prepare(db, keepSnapshot(row.snapshot, row.id)),
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
  const sent = sql`r.workspace = ${workspace} AND r.cred = ${cred}`;
  if (key !== null) return findRow(db, SESSION_ROWS, sql`${sent} AND r.idempotency_key = ${key}`);
  if (retry < 1) return null;
  const last = await findRow(db, SESSION_ROWS, sql`${sent} ORDER BY r.created_at DESC LIMIT 1`);
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
  const old = sql`SELECT id, workspace FROM sessions WHERE status = 'creating' AND created_at < ${now - CREATING_TTL}
    ORDER BY random() LIMIT ${SWEEP_BATCH}`;
  const { results } = await prepare(db, old).all<{ id: string; workspace: string }>();
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
