/** What an operator is shown: every stop, limit, revoked key and day's spending, and who changed what last. */
import type { SessionStatus } from "../protocol/sessions.ts";

/** Actions that are shown. */
const RECENT_ACTIONS = 20;
/** Sessions that are shown by what they cost. */
const DEAREST_SESSIONS = 10;

export interface Overview {
  stops: { workspace: string; reason: string; operator: string; at: number }[];
  limits: { workspace: string; running: number | null; cents: number | null }[];
  revoked: { workspace: string; cred: string; operator: string; at: number }[];
  running: { workspace: string; sessions: number }[];
  spent: { workspace: string; units: number }[];
  dearest: { id: string; workspace: string; status: SessionStatus; units: number }[];
  actions: { at: number; operator: string; action: string; target: string; detail: string }[];
}

/** All of it as of one moment; `day` in days since 1970, UTC. Reads every session's index entry once: for people, not for requests. */
export async function readOverview(db: D1Database, day: number): Promise<Overview> {
  const answers = await db.batch([
    db.prepare("SELECT workspace, reason, operator, at FROM stops"),
    db.prepare("SELECT workspace, running_sessions AS running, cents_per_day AS cents FROM workspace_limits"),
    db.prepare("SELECT workspace, cred, operator, at FROM revoked_keys ORDER BY workspace, cred"),
    db.prepare(
      "SELECT workspace, SUM(status IN ('running', 'rescheduling')) AS sessions FROM sessions GROUP BY workspace",
    ),
    db.prepare("SELECT workspace, units FROM workspace_spend WHERE day = ?1").bind(day),
    db
      .prepare(
        `SELECT s.id, s.workspace, s.status, p.units FROM session_spend p JOIN sessions s ON s.id = p.session
         WHERE p.day = ?1 ORDER BY p.units DESC, s.id LIMIT ?2`,
      )
      .bind(day, DEAREST_SESSIONS),
    db
      .prepare("SELECT at, operator, action, target, detail FROM operator_actions ORDER BY id DESC LIMIT ?1")
      .bind(RECENT_ACTIONS),
  ]);
  const [stops, limits, revoked, running, spent, dearest, actions] = answers.map((answer) => answer.results);
  return { stops, limits, revoked, running, spent, dearest, actions } as Overview;
}
