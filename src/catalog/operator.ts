/** What an operator changes, each change and its line of the audit in one transaction. Every change is safe to repeat. Times are microseconds. */
import { EVERYONE } from "./standing.ts";

/** Who does something, and when. */
export interface Actor {
  operator: string;
  at: number;
}

/** Running sessions that an answer names. */
const NAMED_SESSIONS = 100;
const RUNNING = "status IN ('running', 'rescheduling')";

/** A later stop of the same workspace replaces its reason. */
export async function stopWorkspace(db: D1Database, actor: Actor, workspace: string, reason: string): Promise<void> {
  await db.batch([
    db
      .prepare("INSERT OR REPLACE INTO stops (workspace, reason, operator, at) VALUES (?1, ?2, ?3, ?4)")
      .bind(workspace, reason, actor.operator, actor.at),
    noted(db, actor, "stop", workspace, { reason }),
  ]);
}

/** False: it was not stopped. Starting every workspace leaves those stopped that were stopped by name. */
export async function startWorkspace(db: D1Database, actor: Actor, workspace: string): Promise<boolean> {
  const [done] = await db.batch([
    db.prepare("DELETE FROM stops WHERE workspace = ?1").bind(workspace),
    noted(db, actor, "start", workspace, {}),
  ]);
  return (done?.meta.changes ?? 0) > 0;
}

export interface LimitChange {
  running_sessions?: number | null | undefined;
  cents_per_day?: number | null | undefined;
}

export async function limitWorkspace(
  db: D1Database,
  actor: Actor,
  workspace: string,
  change: LimitChange,
): Promise<void> {
  const set = (column: keyof LimitChange) =>
    db
      .prepare(
        `INSERT INTO workspace_limits (workspace, ${column}) VALUES (?1, ?2)
         ON CONFLICT (workspace) DO UPDATE SET ${column} = excluded.${column}`,
      )
      .bind(workspace, change[column] ?? null);
  await db.batch([
    ...(change.running_sessions === undefined ? [] : [set("running_sessions")]),
    ...(change.cents_per_day === undefined ? [] : [set("cents_per_day")]),
    noted(db, actor, "limits", workspace, { ...change }),
  ]);
}

/** False: it was revoked before. */
export async function revokeKey(
  db: D1Database,
  actor: Actor,
  key: { workspace: string; cred: string },
): Promise<boolean> {
  const [done] = await db.batch([
    db
      .prepare("INSERT OR IGNORE INTO revoked_keys (workspace, cred, operator, at) VALUES (?1, ?2, ?3, ?4)")
      .bind(key.workspace, key.cred, actor.operator, actor.at),
    noted(db, actor, "revoke", key.cred, {}),
  ]);
  return (done?.meta.changes ?? 0) > 0;
}

/** False: it was not revoked. */
export async function restoreKey(
  db: D1Database,
  actor: Actor,
  key: { workspace: string; cred: string },
): Promise<boolean> {
  const [done] = await db.batch([
    db.prepare("DELETE FROM revoked_keys WHERE workspace = ?1 AND cred = ?2").bind(key.workspace, key.cred),
    noted(db, actor, "restore", key.cred, {}),
  ]);
  return (done?.meta.changes ?? 0) > 0;
}

/** How many sessions run, and the first of them by id. */
export async function runningSessions(
  db: D1Database,
  workspace: string,
): Promise<{ count: number; sessions: { id: string; workspace: string }[] }> {
  // Two statements, since an OR would keep SQLite from the index.
  const where = workspace === EVERYONE ? `?1 = '${EVERYONE}' AND ${RUNNING}` : `workspace = ?1 AND ${RUNNING}`;
  const { results } = await db
    .prepare(`SELECT id, workspace, COUNT(*) OVER () AS n FROM sessions WHERE ${where} ORDER BY workspace, id LIMIT ?2`)
    .bind(workspace, NAMED_SESSIONS)
    .all<{ id: string; workspace: string; n: number }>();
  return { count: results[0]?.n ?? 0, sessions: results.map((row) => ({ id: row.id, workspace: row.workspace })) };
}

/** Whether the workspace has ever had a session or an agent. */
export async function isKnownWorkspace(db: D1Database, workspace: string): Promise<boolean> {
  const row = await db
    .prepare(
      "SELECT EXISTS (SELECT 1 FROM sessions WHERE workspace = ?1) OR EXISTS (SELECT 1 FROM agents WHERE workspace = ?1) AS known",
    )
    .bind(workspace)
    .first<{ known: number }>();
  return row?.known === 1;
}

/** An interrupt changes the session alone; that it was asked for is noted before it is sent. */
export async function noteInterrupt(db: D1Database, actor: Actor, sessionId: string, workspace: string): Promise<void> {
  await noted(db, actor, "interrupt", sessionId, { workspace }).run();
}

function noted(db: D1Database, actor: Actor, action: string, target: string, detail: object): D1PreparedStatement {
  return db
    .prepare("INSERT INTO operator_actions (at, operator, action, target, detail) VALUES (?1, ?2, ?3, ?4, ?5)")
    .bind(actor.at, actor.operator, action, target, JSON.stringify(detail));
}
