/** `/v1/sessions/{id}/events` (spec/core.md §4.2, §7, §8). */
import * as content from "../../protocol/content.ts";
import { ApiError } from "../../protocol/errors.ts";
import * as wire from "../../protocol/events.ts";
import { page } from "../../protocol/page.ts";
import { eventListQuery, streamQuery } from "../../protocol/queries.ts";
import { unsupportedEvents } from "../../protocol/unsupported.ts";
import * as userEvents from "../../protocol/user-events.ts";
import type { ListQuery, Sender } from "../../session/rpc.ts";
import { keepContent } from "../body/large.ts";
import type { Body } from "../body/read.ts";
import type { AppContext } from "../context.ts";
import { listKey } from "../cursor.ts";
import { delivered, makeBatch } from "../drafts.ts";
import { supported, unwrap } from "../errors.ts";
import { jsonStream, sessionObject } from "../objects.ts";
import { type Resource, route, unread } from "../route.ts";
import { fullFor } from "../running.ts";
import { senderOf } from "../sender.ts";
import { mayNotRun, mustMayRun, refuseRevoked } from "../standing.ts";
import { streamEvents } from "../stream/sse.ts";

const resource: Resource = {
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
    resource,
    method: "POST",
    path: "/v1/sessions/{session_id}/events",
    id: "sendEvents",
    summary: "Send events: all of them are accepted, or none",
    sdk: ["sessions.events.send", "sessions.events.toolRunner"],
    without: ["outcomes", "uploaded files as sources"],
    body: wire.EventSend,
    keep: keepContent,
    example: {
      events: [{ type: "user.message", content: [{ type: "text", text: "Which day is it? Ask the shell." }] }],
    },
    answer: wire.EventsSent,
    refusals: [403, 409],
    idempotent: true,
    handle: async (c, { session_id, body, sent }) =>
      jsonStream(c, await sendEvents(c, session_id, body, sent, senderOf(c, sent.digest))),
  }),
  route({
    resource,
    method: "GET",
    path: "/v1/sessions/{session_id}/events",
    id: "listEvents",
    summary: "List the events of a session",
    sdk: ["sessions.events.list"],
    query: eventListQuery,
    answer: page(wire.SessionEvent),
    handle: (c, { session_id, query: { page = null, types = null, ...rest } }) =>
      listEvents(c, session_id, null, { page, types, ...rest }),
  }),
  route({
    resource,
    method: "GET",
    path: "/v1/sessions/{session_id}/events/stream",
    id: "streamEvents",
    summary: "Stream the events of a session as they happen",
    description: STREAM_DESCRIPTION,
    sdk: ["sessions.events.stream"],
    query: unread(streamQuery.schema),
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
  query: Omit<ListQuery, "key">,
): Promise<Response> {
  const key = await listKey(c, "events", sessionId, threadId ?? "");
  return jsonStream(
    c,
    unwrap(await sessionObject(c.env, sessionId).getEvents(c.var.workspace, threadId, { ...query, key })),
  );
}

/** The JSON of what `POST …/events` answers: for the route, and for the frames of a socket. */
export async function sendEvents(
  c: AppContext,
  id: string,
  params: wire.EventSend,
  sent: Body,
  sender: Sender,
): Promise<ReadableStream<Uint8Array>> {
  supported(unsupportedEvents(params.events));
  refuseToolResults(params);
  const batch = makeBatch(params.events, "events", sent, id);
  const object = sessionObject(c.env, id);
  const operator = await mayRun(c, id, params);
  // Nothing is stored under the id of a session that is another workspace's or none.
  if (batch.uploads.length > 0) unwrap(await object.getSession(c.var.workspace));
  return unwrap(
    await delivered(batch, c.env.BLOBS, () =>
      object.emitEvents(c.var.workspace, batch.drafts, { ...sender, ...operator }),
    ),
  );
}

/**
 * What lets a session run is refused to a workspace that may not; an interrupt never is, but begins nothing there. The refusal of a full one is for
 * the session to give.
 */
async function mayRun(c: AppContext, id: string, { events }: wire.EventSend): Promise<Pick<Sender, "full" | "held">> {
  await refuseRevoked(c);
  if (events.every((event) => event.type === "user.interrupt")) return { held: await mayNotRun(c) };
  await mustMayRun(c);
  return { full: await fullFor(c, id) };
}

/** Only an environment's or a work item's credential may send these, and there are none in this version (spec/core.md §4.3). */
function refuseToolResults(params: wire.EventSend): void {
  const index = params.events.findIndex((event) => event.type === "user.tool_result");
  if (index < 0) return;
  const message =
    `events[${index}]: user.tool_result needs an environment's credential; ` +
    "an API key answers custom tools with user.custom_tool_result";
  throw new ApiError({ status: 403, type: "permission_error", message });
}
