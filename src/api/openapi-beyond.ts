/** The routes of `/x`, and those of the service itself. */
import { FilePlaced, Healthy, SessionHealth } from "../protocol/health.ts";
import { Ticket, TicketCreate } from "../protocol/tickets.ts";
import * as examples from "./openapi-examples.ts";
import type { RouteLine } from "./openapi-line.ts";

const SOCKET = `A WebSocket. The server sends \`{type: "subscribed", seq}\`, \`{type: "event", seq, event}\`, \`{type: "delta", event}\`, \`{type: "deleted", event}\`,
and answers \`ack\`, \`error\` and \`pong\`. The client sends \`{type: "send", request_id, events}\` (the events of \`POST …/events\`), \`{type: "ack", seq}\` and
\`{type: "ping"}\`. \`?deltas=\` takes the types to preview, joined by commas. A page of another origin must be on the list CORS_ORIGINS.`;
const TICKET = `A browser's EventSource and WebSocket cannot set headers. A ticket opens one stream or one socket of one session with \`?ticket=\`,
once and within 60 seconds; after a reconnect ask for another. \`read_write\` lets the socket send events.`;
const HEALTH = `What is open, what waits and until when, how often it was interrupted, the last error. A session that cannot be opened answers here
too: \`closed\` says why, since when and what opens it; every other route refuses it.`;
const FILE = "Below /workspace or /mnt/session, up to 8 MiB. The path may have several parts.";

export const BEYOND: RouteLine[] = [
  {
    route: "POST /x/tickets",
    id: "createTicket",
    tag: "Beyond the wire",
    summary: "Make a one-time ticket for a browser",
    description: TICKET,
    body: TicketCreate,
    example: examples.ticket,
    answer: Ticket,
  },
  {
    route: "GET /x/sessions/{session_id}/socket",
    id: "openSocket",
    tag: "Beyond the wire",
    summary: "Open a socket: the stream, and events sent on the same connection",
    description: SOCKET,
    answer: "socket",
    refusals: [403, 426],
    ticket: true,
    resumes: true,
  },
  {
    route: "GET /x/sessions/{session_id}/health",
    id: "getSessionHealth",
    tag: "Beyond the wire",
    summary: "Look at a session that seems stuck, as its operator",
    description: HEALTH,
    answer: SessionHealth,
  },
  {
    route: "PUT /x/sessions/{session_id}/files/{path}",
    id: "putFile",
    tag: "Beyond the wire",
    summary: "Place a file in the session's machine",
    description: FILE,
    body: "bytes",
    answer: FilePlaced,
    refusals: [409],
  },
  {
    route: "GET /x/sessions/{session_id}/files/{path}",
    id: "getFile",
    tag: "Beyond the wire",
    summary: "Read a file of the session's machine",
    description: FILE,
    answer: "bytes",
  },
  { route: "GET /healthz", id: "getHealth", tag: "Service", summary: "Whether the service answers", answer: Healthy },
  { route: "GET /openapi.json", id: "getDefinition", tag: "Service", summary: "This definition", answer: "json" },
  {
    route: "GET /docs",
    id: "getDocs",
    tag: "Service",
    summary: "This definition as a page for people",
    answer: "html",
  },
];
