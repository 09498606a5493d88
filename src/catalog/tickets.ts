/** Tickets that wait for their use. In D1 rather than in the session's object: whoever holds a wrong one wakes no object. */
import { createHmac } from "node:crypto";
import type { TicketAccess } from "../protocol/tickets.ts";
import { insertInto, prepare, sql } from "./db.ts";

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

/** Read once per isolate and database: it never changes. */
const keys = new WeakMap<D1Database, string>();

/** What seals this deployment's tickets (hex). Made from the key that a migration has made, whose table is older than tickets: cursors had it first. */
export async function ticketKey(db: D1Database): Promise<string> {
  const known = keys.get(db);
  if (known !== undefined) return known;
  const row = await prepare(db, sql`SELECT key FROM cursor_key`).first<{ key: string }>();
  if (!row) throw new Error("the catalog has no key for tickets");
  const key = createHmac("sha256", row.key)
    .update(JSON.stringify(["tickets"]))
    .digest("hex");
  keys.set(db, key);
  return key;
}

/** `digest` is the SHA-256 (hex) of the ticket. */
export async function insertTicket(db: D1Database, digest: string, row: TicketRow, now: number): Promise<void> {
  const { workspace, cred, session_id, access, expires_at } = row;
  const expired = sql`SELECT digest FROM tickets WHERE expires_at <= ${now} ORDER BY expires_at LIMIT ${SWEEP_ROWS}`;
  await db.batch([
    prepare(db, sql`DELETE FROM tickets WHERE digest IN (${expired})`),
    prepare(db, insertInto("tickets", { digest, workspace, cred, session_id, access, expires_at })),
  ]);
}

/** Spends a ticket: the row of the first caller, null for every later one. Whether it has expired is the caller's to judge. */
export function takeTicket(db: D1Database, digest: string): Promise<TicketRow | null> {
  const columns = sql`workspace, cred, session_id, access, expires_at`;
  return prepare(db, sql`DELETE FROM tickets WHERE digest = ${digest} RETURNING ${columns}`).first<TicketRow>();
}
