/** What workspaces spend, by UTC day. A session tells the whole of its day each time, so a repeated, late or reordered push adds nothing. */

import { insertInto, prepare, sql } from "./db.ts";

/** One session's cost of one day, in units of `brain/prices.ts`; `day` in days since 1970. */
export interface DaySpend {
  day: number;
  units: number;
}

/** Days for which each session's part is kept; the sums are kept for good. A part of an older day must not be told again: it would count twice. */
export const PARTS_KEPT_DAYS = 7;

/** The statements of one transaction: the sum grows by what is new, then the session's part is what it said. What is known writes nothing. */
export function spendStatements(
  db: D1Database,
  workspace: string,
  session: string,
  days: readonly DaySpend[],
): D1PreparedStatement[] {
  return days.flatMap(({ day, units }) => {
    const known = sql`COALESCE((SELECT p.units FROM session_spend p WHERE p.day = ${day} AND p.session = ${session}), 0)`;
    const grown = sql`WHERE ${units} > ${known}
      ON CONFLICT (workspace, day) DO UPDATE SET units = workspace_spend.units + excluded.units`;
    const said = sql`WHERE ${units} > 0
      ON CONFLICT (day, session) DO UPDATE SET units = excluded.units WHERE excluded.units > session_spend.units`;
    return [
      prepare(db, insertInto("workspace_spend", { workspace, day, units: sql`${units} - ${known}` }, grown)),
      prepare(db, insertInto("session_spend", { day, session, units }, said)),
    ];
  });
}

/** Tells of a session's days in a transaction of their own. */
export async function addSpend(
  db: D1Database,
  workspace: string,
  session: string,
  days: readonly DaySpend[],
): Promise<void> {
  if (days.length > 0) await db.batch(spendStatements(db, workspace, session, days));
}

/** Forgets sessions' parts of days that no push tells of any more. */
export async function pruneSpend(db: D1Database, today: number): Promise<void> {
  await prepare(db, sql`DELETE FROM session_spend WHERE day < ${today - PARTS_KEPT_DAYS}`).run();
}
