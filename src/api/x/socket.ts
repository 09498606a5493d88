/** `/x/sessions/{id}/socket`: the stream, and events sent on the same connection (stream/websocket.ts). */
import { ApiError, invalid, unwrap } from "../../protocol/errors.ts";
import { EventSend, socketQuery } from "../../protocol/events.ts";
import { check } from "../../protocol/validation.ts";
import { admitCaller } from "../../services/admission.ts";
import { sendEvents } from "../../services/send-events.ts";
import { contentSource } from "../body/content.ts";
import { keepContent } from "../body/large.ts";
import { bodyOf } from "../body/read.ts";
import type { AppContext } from "../context.ts";
import { wireErrorOf } from "../errors.ts";
import { checkOrigin } from "../middleware/cors.ts";
import { callerOf, platformOf } from "../platform.ts";
import { route, unread } from "../route.ts";
import { eventDeltas, openSubscription, refuseUnknown, resumeSeq } from "../stream/open.ts";
import { type SendEvents, serveClient } from "../stream/websocket.ts";
import { BEYOND } from "./groups.ts";

/** What a socket's query may hold. */
const PARAMETERS = ["after", "deltas", "ticket"];

export const socket = [
  route({
    group: BEYOND,
    method: "GET",
    path: "/x/sessions/{session_id}/socket",
    id: "openSocket",
    summary: "Open a socket: the stream, and events sent on the same connection",
    description: `A WebSocket. The server sends \`{type: "subscribed", seq}\`, \`{type: "event", seq, event}\`, \`{type: "delta", event}\`, \`{type: "deleted", event}\`,
and answers \`ack\`, \`error\` and \`pong\`. The client sends \`{type: "send", request_id, events}\` (the events of \`POST …/events\`), \`{type: "ack", seq}\` and
\`{type: "ping"}\`. \`?deltas=\` takes the types to preview, joined by commas. A page of another origin must be on the list CORS_ORIGINS.`,
    query: unread(socketQuery.schema),
    answer: "socket",
    refusals: [403, 426],
    ticket: true,
    withoutCatalog: true,
    handle: (c, { session_id }) => {
      checkOrigin(c);
      return openSocket(c, session_id, (batch) => postEvents(c, session_id, batch));
    },
  }),
];

/** Answers 101 with the client's socket (stream/websocket-frames.ts), `?after=` a seq, `?deltas=` event types joined by commas. */
export async function openSocket(c: AppContext, sessionId: string, send: SendEvents): Promise<Response> {
  const query = new URL(c.req.url).searchParams;
  refuseUnknown(query, PARAMETERS);
  if (c.req.header("upgrade")?.toLowerCase() !== "websocket") {
    throw new ApiError({ ...invalid("upgrade: open this path as a WebSocket"), status: 426 });
  }
  const deltas = new URLSearchParams();
  for (const type of query.get("deltas")?.split(",") ?? []) if (type) deltas.append("event_deltas[]", type);
  const after = resumeSeq(new Headers(), query);
  const subscription = await openSubscription(c, sessionId, { thread: null, after, deltas: eventDeltas(deltas) });
  const { 0: client, 1: server } = new WebSocketPair();
  server.accept();
  void serveClient(server, subscription, send);
  return new Response(null, { status: 101, webSocket: client });
}

/** What a request to `POST …/events` with these events does, body limits and answers included; throws its refusal. */
async function postEvents(c: AppContext, id: string, batch: unknown[]): Promise<ReadableStream<Uint8Array>> {
  if (c.var.ticket === "read_only") throw readOnly();
  const platform = platformOf(c);
  const caller = callerOf(c);
  try {
    await admitCaller(platform, caller, "known");
    const sent = bodyOf(new TextEncoder().encode(JSON.stringify({ events: batch })), keepContent);
    const { events } = unwrap(check(EventSend, sent.value));
    const sender = { cred: caller.cred, key: null, digest: sent.digest, retry: 0 };
    return await sendEvents(platform, caller, id, { events, content: contentSource(sent), sender });
  } catch (error) {
    throw new ApiError(wireErrorOf(error as Error, c));
  }
}

function readOnly(): ApiError {
  const message = "this socket's ticket is read_only; send events over one opened with access read_write";
  return new ApiError({ status: 403, type: "permission_error", message });
}
