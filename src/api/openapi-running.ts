/** The routes of what runs: sessions, their events and threads. */
import { EventSend, EventsSent, SessionEvent } from "../protocol/events.ts";
import { page, pageBothWays } from "../protocol/page.ts";
import * as queries from "../protocol/queries.ts";
import { Session, SessionCreate, SessionDeleted, SessionUpdate } from "../protocol/sessions.ts";
import { SessionThread } from "../protocol/threads.ts";
import * as examples from "./openapi-examples.ts";
import type { RouteLine } from "./openapi-line.ts";

const STREAM = `Server-sent events: \`event: message\`, and each \`data:\` one JSON object of the schema below. It begins with now unless \`after\` or
\`last-event-id\` names the event to go on from; then, and with a ticket, each stored event has an \`id:\` line. The stream ends after
\`session.deleted\`, and after an \`event: error\` with an error's envelope when its key is revoked; when it breaks off, open it again where it was.`;

export const RUNNING: RouteLine[] = [
  {
    route: "POST /v1/sessions",
    id: "createSession",
    tag: "Sessions",
    summary: "Create a session, with its first events if you like",
    body: SessionCreate,
    example: examples.session,
    answer: Session,
    idempotent: true,
  },
  {
    route: "GET /v1/sessions",
    id: "listSessions",
    tag: "Sessions",
    summary: "List sessions",
    query: queries.sessionListQuery.schema,
    answer: pageBothWays(Session),
  },
  {
    route: "GET /v1/sessions/{session_id}",
    id: "getSession",
    tag: "Sessions",
    summary: "Get a session",
    answer: Session,
  },
  {
    route: "POST /v1/sessions/{session_id}",
    id: "updateSession",
    tag: "Sessions",
    summary: "Update a session: its title, metadata, budget and tools",
    body: SessionUpdate,
    example: examples.sessionUpdate,
    answer: Session,
    refusals: [409],
  },
  {
    route: "DELETE /v1/sessions/{session_id}",
    id: "deleteSession",
    tag: "Sessions",
    summary: "Delete a session with everything that it stored",
    answer: SessionDeleted,
    refusals: [409],
  },
  {
    route: "POST /v1/sessions/{session_id}/archive",
    id: "archiveSession",
    tag: "Sessions",
    summary: "Archive a session: it is terminated, its log stays",
    answer: Session,
    refusals: [409],
  },
  {
    route: "POST /v1/sessions/{session_id}/events",
    id: "sendEvents",
    tag: "Events",
    summary: "Send events: all of them are accepted, or none",
    body: EventSend,
    example: examples.events,
    answer: EventsSent,
    refusals: [403, 409],
    idempotent: true,
  },
  {
    route: "GET /v1/sessions/{session_id}/events",
    id: "listEvents",
    tag: "Events",
    summary: "List the events of a session",
    query: queries.eventListQuery.schema,
    answer: page(SessionEvent),
  },
  {
    route: "GET /v1/sessions/{session_id}/events/stream",
    id: "streamEvents",
    tag: "Events",
    summary: "Stream the events of a session as they happen",
    description: STREAM,
    query: queries.streamQuery.schema,
    answer: "events",
    ticket: true,
    resumes: true,
  },
  {
    route: "GET /v1/sessions/{session_id}/threads",
    id: "listThreads",
    tag: "Threads",
    summary: "List the threads of a session",
    query: queries.threadListQuery.schema,
    answer: page(SessionThread),
  },
  {
    route: "GET /v1/sessions/{session_id}/threads/{thread_id}",
    id: "getThread",
    tag: "Threads",
    summary: "Get a thread",
    answer: SessionThread,
  },
  {
    route: "POST /v1/sessions/{session_id}/threads/{thread_id}/archive",
    id: "archiveThread",
    tag: "Threads",
    summary: "Archive a thread",
    answer: "later",
  },
  {
    route: "GET /v1/sessions/{session_id}/threads/{thread_id}/events",
    id: "listThreadEvents",
    tag: "Threads",
    summary: "List the events of a thread",
    query: queries.threadEventListQuery.schema,
    answer: page(SessionEvent),
  },
  {
    route: "GET /v1/sessions/{session_id}/threads/{thread_id}/stream",
    id: "streamThread",
    tag: "Threads",
    summary: "Stream the events of a thread as they happen",
    description: STREAM,
    query: queries.streamQuery.schema,
    answer: "events",
    ticket: true,
    resumes: true,
  },
];
