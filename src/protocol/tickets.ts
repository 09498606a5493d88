/** Tickets (`/x/tickets`): what a page uses in place of a key where a browser cannot set headers. */
import { z } from "zod";
import { NonEmpty, Timestamp } from "./fields.ts";

/** How long a ticket may wait for its use. */
export const TICKET_SECONDS = 60;

/** `read_write` also lets a socket send events; a stream only reads. */
export const TICKET_ACCESS = ["read_only", "read_write"] as const;
export type TicketAccess = (typeof TICKET_ACCESS)[number];

/** The body of `POST /x/tickets`. Without `access` the ticket reads. */
export const TicketCreate = z.strictObject({
  session_id: NonEmpty,
  access: z.enum(TICKET_ACCESS).default("read_only"),
});
export type TicketCreate = z.infer<typeof TicketCreate>;

/** The answer: the only time that the ticket itself is shown. */
export const Ticket = z.object({
  type: z.literal("ticket"),
  ticket: z.string(),
  session_id: z.string(),
  access: z.enum(TICKET_ACCESS),
  expires_at: Timestamp,
});
export type Ticket = z.infer<typeof Ticket>;
