/** What workspaces spend, by UTC day. A session tells the whole of its day each time, so a repeated, late or reordered push adds nothing. */

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
  const known = "COALESCE((SELECT units FROM session_spend WHERE day = ?2 AND session = ?3), 0)";
  return days.flatMap(({ day, units }) => [
    db
      .prepare(
        `INSERT INTO workspace_spend (workspace, day, units) SELECT ?1, ?2, ?4 - ${known} WHERE ?4 > ${known}
         ON CONFLICT (workspace, day) DO UPDATE SET units = units + excluded.units`,
      )
      .bind(workspace, day, session, units),
    db
      .prepare(
        `INSERT INTO session_spend (day, session, units) SELECT ?1, ?2, ?3 WHERE ?3 > 0
         ON CONFLICT (day, session) DO UPDATE SET units = excluded.units WHERE excluded.units > units`,
      )
      .bind(day, session, units),
  ]);
}

/** Forgets sessions' parts of days that no push tells of any more. */
export async function pruneSpend(db: D1Database, today: number): Promise<void> {
  await db
    .prepare("DELETE FROM session_spend WHERE day < ?1")
    .bind(today - PARTS_KEPT_DAYS)
    .run();
}
