/** What an operator changes, each change and its line of the audit in one transaction. Every change is safe to repeat. Times are microseconds. */
import { insertInto, prepare, raw, sql } from "./db.ts";
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
  const replaced = sql`WHERE TRUE
    ON CONFLICT (workspace) DO UPDATE SET reason = excluded.reason, operator = excluded.operator, at = excluded.at`;
  await db.batch([
    prepare(db, insertInto("stops", { workspace, reason, ...signed(actor) }, replaced)),
    noted(db, actor, "stop", workspace, { reason }),
  ]);
}

/** False: it was not stopped. Starting every workspace leaves those stopped that were stopped by name. */
export async function startWorkspace(db: D1Database, actor: Actor, workspace: string): Promise<boolean> {
  const [done] = await db.batch([
    prepare(db, sql`DELETE FROM stops WHERE workspace = ${workspace}`),
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
  const set = (column: keyof LimitChange) => {
    const changed = raw(`WHERE TRUE ON CONFLICT (workspace) DO UPDATE SET ${column} = excluded.${column}`);
    return prepare(db, insertInto("workspace_limits", { workspace, [column]: change[column] ?? null }, changed));
  };
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
  const row = { workspace: key.workspace, cred: key.cred, ...signed(actor) };
  const [done] = await db.batch([
    prepare(db, insertInto("revoked_keys", row, raw("WHERE TRUE ON CONFLICT DO NOTHING"))),
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
    prepare(db, sql`DELETE FROM revoked_keys WHERE workspace = ${key.workspace} AND cred = ${key.cred}`),
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
  const where = workspace === EVERYONE ? sql`TRUE` : sql`workspace = ${workspace}`;
  const running = sql`SELECT id, workspace, COUNT(*) OVER () AS n FROM sessions WHERE ${where} AND ${raw(RUNNING)}
    ORDER BY workspace, id LIMIT ${NAMED_SESSIONS}`;
  const { results } = await prepare(db, running).all<{ id: string; workspace: string; n: number }>();
  return { count: results[0]?.n ?? 0, sessions: results.map((row) => ({ id: row.id, workspace: row.workspace })) };
}

/** Whether the workspace has ever had a session or an agent. */
export async function isKnownWorkspace(db: D1Database, workspace: string): Promise<boolean> {
  const known = sql`SELECT EXISTS (SELECT 1 FROM sessions WHERE workspace = ${workspace})
    OR EXISTS (SELECT 1 FROM agents WHERE workspace = ${workspace}) AS known`;
  const row = await prepare(db, known).first<{ known: number }>();
  return row?.known === 1;
}

/** An interrupt changes the session alone; that it was asked for is noted before it is sent. */
export async function noteInterrupt(db: D1Database, actor: Actor, sessionId: string, workspace: string): Promise<void> {
  await noted(db, actor, "interrupt", sessionId, { workspace }).run();
}

function noted(db: D1Database, actor: Actor, action: string, target: string, detail: object): D1PreparedStatement {
  const row = { ...signed(actor), action, target, detail: JSON.stringify(detail) };
  return prepare(db, insertInto("operator_actions", row));
}

/** The columns that say who did it. */
function signed({ operator, at }: Actor) {
  return { operator, at };
}
