/** Tickets that wait for their use. In D1 rather than in the session's object: whoever holds a wrong one wakes no object. */
import type { TicketAccess } from "../protocol/tickets.ts";

/** Expired rows that one insert removes: more than it adds, so that the table stays as small as a minute's tickets. */
const SWEEP_ROWS = 20;

export interface TicketRow {
  workspace: string;
  cred: string;
  session_id: string;
  access: TicketAccess;
  /** Microseconds since 1970. */
  expires_at: number;
}

/** `digest` is the SHA-256 (hex) of the ticket. */
export async function insertTicket(db: D1Database, digest: string, row: TicketRow, now: number): Promise<void> {
  await db.batch([
    db
      .prepare(
        "DELETE FROM tickets WHERE digest IN (SELECT digest FROM tickets WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)",
      )
      .bind(now, SWEEP_ROWS),
    db
      .prepare("INSERT INTO tickets VALUES (?1, ?2, ?3, ?4, ?5, ?6)")
      .bind(digest, row.workspace, row.cred, row.session_id, row.access, row.expires_at),
  ]);
}

/** Spends a ticket: the row of the first caller, null for every later one. Whether it has expired is the caller's to judge. */
export function takeTicket(db: D1Database, digest: string): Promise<TicketRow | null> {
  return db
    .prepare("DELETE FROM tickets WHERE digest = ?1 RETURNING workspace, cred, session_id, access, expires_at")
    .bind(digest)
    .first<TicketRow>();
}
