/**
 * `POST /x/tickets`. A browser's EventSource and WebSocket cannot set headers, and a key does not belong in a URL. So a page asks for a ticket (or
 * its own server does, with a key that no page sees) and opens one stream or one socket with `?ticket=`: within 60 s, and once.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { insertTicket, type TicketRow, takeTicket, ticketKey } from "../../catalog/tickets.ts";
import { stamp } from "../../log/rows.ts";
import { ApiError, unwrap } from "../../protocol/errors.ts";
import { parseId } from "../../protocol/ids.ts";
import { TICKET_SECONDS, Ticket, TicketCreate } from "../../protocol/tickets.ts";
import { type AppContext, nowMicros } from "../context.ts";
import { sessionObject } from "../platform.ts";
import { route } from "../route.ts";
import { BEYOND } from "./groups.ts";

const PREFIX = "ticket_";
/** Bytes of randomness; a seal follows them, so that asking with an invented ticket costs nobody a look into D1. */
const SECRET_BYTES = 24;
const SEAL_BYTES = 8;
const TICKET = /^ticket_[A-Za-z0-9_-]{43}$/;

export const tickets = [
  route({
    group: BEYOND,
    method: "POST",
    path: "/x/tickets",
    id: "createTicket",
    summary: "Make a one-time ticket for a browser",
    description: `A browser's EventSource and WebSocket cannot set headers. A ticket opens one stream or one socket of one session with \`?ticket=\`,
once and within 60 seconds; after a reconnect ask for another. \`read_write\` lets the socket send events.`,
    creates: true,
    body: TicketCreate,
    example: { session_id: "sesn_01AAAAAAAAAAAAAAAAAAAAAA", access: "read_write" },
    answer: Ticket,
    // For a session of the caller's workspace; only the ticket's digest is kept.
    handle: async (c, { body: { session_id, access } }) => {
      const id = parseId("sesn", session_id);
      unwrap(await sessionObject(c.env, id).getSession(c.var.workspace));
      const secret = randomBytes(SECRET_BYTES);
      const ticket = PREFIX + Buffer.concat([secret, await sealOf(c, secret)]).toString("base64url");
      const now = nowMicros();
      const expiresAt = now + TICKET_SECONDS * 1e6;
      const row = { workspace: c.var.workspace, cred: c.var.cred, session_id: id, access, expires_at: expiresAt };
      await insertTicket(c.env.DB, digestOf(ticket), row, now);
      c.header("cache-control", "no-store");
      return { type: "ticket" as const, ticket, session_id: id, access, expires_at: stamp(expiresAt) };
    },
  }),
];

/**
 * Spends the ticket of a request for `sessionId`, or answers 401 in words that never repeat it. Any presentation spends it, also a late one or one
 * for another session: whoever does that should not hold it.
 */
export async function spendTicket(c: AppContext, ticket: string, sessionId: string): Promise<TicketRow> {
  const row = (await isOurs(c, ticket)) ? await takeTicket(c.env.DB, digestOf(ticket)) : null;
  if (row === null)
    throw refused("is unknown or was used already: it opens one stream or socket once, a reconnect included");
  if (row.expires_at <= nowMicros()) throw refused(`is older than ${TICKET_SECONDS} seconds`);
  if (row.session_id !== sessionId) throw refused("is for another session");
  return row;
}

/** Whether this deployment has made it, now or earlier. */
async function isOurs(c: AppContext, ticket: string): Promise<boolean> {
  if (!TICKET.test(ticket)) return false;
  const bytes = Buffer.from(ticket.slice(PREFIX.length), "base64url");
  return timingSafeEqual(bytes.subarray(SECRET_BYTES), await sealOf(c, bytes.subarray(0, SECRET_BYTES)));
}

/** The key is read from D1 once per isolate. */
async function sealOf(c: AppContext, secret: Uint8Array): Promise<Buffer> {
  return createHmac("sha256", await ticketKey(c.env.DB))
    .update(secret)
    .digest()
    .subarray(0, SEAL_BYTES);
}

function refused(why: string): ApiError {
  const message = `the ticket ${why}; ask POST /x/tickets for a new one, and go on with after=<the last event's id>`;
  return new ApiError({ status: 401, type: "authentication_error", message });
}

function digestOf(ticket: string): string {
  return createHash("sha256").update(ticket).digest("hex");
}
