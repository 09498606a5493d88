/** `/v1/sessions/{id}/events` (spec/core.md §4.2, §7, §8). */
import * as content from "../../protocol/content.ts";
import { unwrap } from "../../protocol/errors.ts";
import * as wire from "../../protocol/events.ts";
import { page } from "../../protocol/page.ts";
import * as userEvents from "../../protocol/user-events.ts";
import { sendEvents } from "../../services/send-events.ts";
import type { ListQuery } from "../../session/rpc.ts";
import { contentSource } from "../body/content.ts";
import { keepContent } from "../body/large.ts";
import type { AppContext } from "../context.ts";
import { callerOf, platformOf, senderOf, sessionObject } from "../platform.ts";
import { type RouteGroup, route, unread } from "../route.ts";
import { streamEvents } from "../stream/sse.ts";

const group: RouteGroup = {
  tag: "Events",
  about: "The append-only log of a session: send, list, stream.",
  gate: "beta",
  namesWorkspace: true,
  schemas: [wire, userEvents, content],
};

export const STREAM_DESCRIPTION = `Server-sent events: \`event: message\`, and each \`data:\` one JSON object of the schema below. It begins with now unless \`after\` or
\`last-event-id\` names the event to go on from; then, and with a ticket, each stored event has an \`id:\` line. The stream ends after
\`session.deleted\`, and after an \`event: error\` with an error's envelope when its key is revoked; when it breaks off, open it again where it was.`;

export const events = [
  route({
    group,
    method: "POST",
    path: "/v1/sessions/{session_id}/events",
    id: "sendEvents",
    summary: "Send events: all of them are accepted, or none",
    sdk: ["sessions.events.send"],
    withoutCatalog: true,
    without: ["outcomes", "uploaded files as sources"],
    body: wire.EventSend,
    keep: keepContent,
    example: {
      events: [{ type: "user.message", content: [{ type: "text", text: "Which day is it? Ask the shell." }] }],
    },
    answer: wire.EventsSent,
    refusals: [403, 409],
    idempotent: true,
    handle: async (c, { session_id, body: { events }, sent }) => {
      const sender = senderOf(c, sent.digest);
      const request = { events, content: contentSource(sent), sender };
      return jsonStream(c, await sendEvents(platformOf(c), callerOf(c), session_id, request));
    },
  }),
  route({
    group,
    method: "GET",
    path: "/v1/sessions/{session_id}/events",
    id: "listEvents",
    summary: "List the events of a session",
    sdk: ["sessions.events.list"],
    withoutCatalog: true,
    query: wire.eventListQuery,
    answer: page(wire.SessionEvent),
    handle: (c, { session_id, query: { page = null, types = null, ...rest } }) =>
      listEvents(c, session_id, null, { page, types, ...rest }),
  }),
  route({
    group,
    method: "GET",
    path: "/v1/sessions/{session_id}/events/stream",
    id: "streamEvents",
    summary: "Stream the events of a session as they happen",
    description: STREAM_DESCRIPTION,
    sdk: ["sessions.events.stream", "sessions.events.toolRunner"],
    withoutCatalog: true,
    query: unread(wire.streamQuery.schema),
    answer: "events",
    ticket: true,
    resumes: true,
    handle: (c, { session_id }) => streamEvents(c, session_id, null, { ids: c.var.ticket !== undefined }),
  }),
];

/** A page of the session's events, or of one thread's. */
export async function listEvents(
  c: AppContext,
  sessionId: string,
  threadId: string | null,
  query: ListQuery,
): Promise<Response> {
  return jsonStream(c, unwrap(await sessionObject(c.env, sessionId).getEvents(c.var.workspace, threadId, query)));
}

/** Bytes of JSON that an object made, passed through as they come. */
function jsonStream(c: AppContext, body: ReadableStream<Uint8Array>): Response {
  return c.body(body, 200, { "content-type": "application/json" });
}
