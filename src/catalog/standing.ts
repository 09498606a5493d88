/** Where a workspace stands with the operator: stopped or not, its limits, its revoked keys, and what it uses of its limits. */

import { DAY_MICROS } from "../log/days.ts";

/** In the place of a workspace: every workspace. */
export const EVERYONE = "*";

export interface Stop {
  /** The workspace, or EVERYONE. */
  workspace: string;
  reason: string;
}

export interface Limits {
  /** Sessions that may run at once; null: any number. */
  running: number | null;
  /** List cost of one UTC day, in whole cents; null: any. */
  cents: number | null;
}

export interface Standing {
  stop: Stop | null;
  revoked: ReadonlySet<string>;
  limits: Limits;
  /** Sessions that run or wait to run again, counted up to the cap; 0 where there is none. */
  running: number;
  /** Spent on `day`, in units of `brain/prices.ts`. */
  spent: number;
  /** Days since 1970, UTC. */
  day: number;
}

interface Columns {
  stops: string;
  revoked: string;
  limits: string;
  spent: number | null;
  running: number;
}

/** A workspace's own row, or EVERYONE's. */
interface LimitRow {
  workspace: string;
  running: number | null;
  cents: number | null;
}

/** The workspace's cap on running sessions, as a LIMIT: each running session asks once a second, and no cap needs no count. */
const cap = `COALESCE((SELECT running_sessions FROM workspace_limits WHERE workspace = ?1),
  (SELECT running_sessions FROM workspace_limits WHERE workspace = '${EVERYONE}'), 0)`;

/** One statement, small reads only; `without` names sessions that the count of running ones leaves out. */
export function standingStatement(
  db: D1Database,
  workspace: string,
  day: number,
  without: readonly string[] = [],
): D1PreparedStatement {
  return db
    .prepare(
      `SELECT
         (SELECT json_group_array(json_object('workspace', workspace, 'reason', reason)) FROM stops
           WHERE workspace IN (?1, '${EVERYONE}')) AS stops,
         (SELECT json_group_array(cred) FROM revoked_keys WHERE workspace = ?1) AS revoked,
         (SELECT json_group_array(json_object('workspace', workspace, 'running', running_sessions, 'cents', cents_per_day))
           FROM workspace_limits WHERE workspace IN (?1, '${EVERYONE}')) AS limits,
         (SELECT units FROM workspace_spend WHERE workspace = ?1 AND day = ?2) AS spent,
         (SELECT COUNT(*) FROM (SELECT 1 FROM sessions WHERE workspace = ?1 AND status IN ('running', 'rescheduling')
           AND id NOT IN (SELECT value FROM json_each(?3)) LIMIT ${cap})) AS running`,
    )
    .bind(workspace, day, JSON.stringify(without));
}

/** What the statement's row says; a row that is not there, in a catalog that answers nothing, says nothing. */
export function standingFrom(row: unknown, day: number): Standing | null {
  if (typeof row !== "object" || row === null || !("stops" in row)) return null;
  const { stops, revoked, limits, spent, running } = row as Columns;
  return {
    stop: own(JSON.parse(stops) as Stop[]),
    revoked: new Set(JSON.parse(revoked) as string[]),
    limits: limitsFrom(JSON.parse(limits) as LimitRow[]),
    running,
    spent: spent ?? 0,
    day,
  };
}

/** Each limit is the workspace's own where it has one, else EVERYONE's. */
export function limitsFrom(rows: readonly LimitRow[]): Limits {
  const mine = rows.find((row) => row.workspace !== EVERYONE);
  const all = rows.find((row) => row.workspace === EVERYONE);
  return {
    running: mine?.running ?? all?.running ?? null,
    cents: mine?.cents ?? all?.cents ?? null,
  };
}

/** The workspace's own stop says more than everyone's. */
function own(stops: readonly Stop[]): Stop | null {
  return stops.find((stop) => stop.workspace !== EVERYONE) ?? stops[0] ?? null;
}

/** Why nothing of the workspace may run at this time, or null. `day` in days since 1970, `unitsPerCent` of `brain/prices.ts`. */
export type Verdict = { kind: "stopped"; stop: Stop } | { kind: "spent"; cents: number; day: number };

export function verdictOn(standing: Standing, day: number, unitsPerCent: number): Verdict | null {
  if (standing.stop) return { kind: "stopped", stop: standing.stop };
  const { cents } = standing.limits;
  const spent = standing.day === day ? standing.spent : 0;
  return cents !== null && spent >= cents * unitsPerCent ? { kind: "spent", cents, day } : null;
}

/** For people: an amount of whole cents, and when a day (days since 1970, UTC) is over. */
export function dollars(cents: number): string {
  return `${(cents / 100).toFixed(2)} USD`;
}

export function endOf(day: number): string {
  return new Date(((day + 1) * DAY_MICROS) / 1000).toISOString().replace(".000", "");
}
