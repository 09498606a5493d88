/** `/x`: what the hosted API does not have (shared design §10). */
import { Hono } from "hono";
import { ApiError, invalid } from "../protocol/errors.ts";
import { onError } from "./answer.ts";
import type { AppContext, AppEnv } from "./context.ts";
import { checkOrigin } from "./cors.ts";
import { events } from "./events.ts";
import { known } from "./ids.ts";
import { plain } from "./plain.ts";
import { eventDeltas, openSubscription, refuseUnknown, resumeSeq } from "./stream/open.ts";
import { type SendEvents, serveClient } from "./stream/websocket.ts";
import { createTicket } from "./tickets.ts";
import { getFile, putFile } from "./x-files.ts";
import { getHealth } from "./x-health.ts";

/** What a socket's query may hold. */
const PARAMETERS = ["after", "deltas", "ticket"];

export const x = new Hono<AppEnv>();

x.post("/tickets", plain, createTicket);
x.get("/sessions/:id/socket", (c) => {
  const id = known("sesn", c.req.param("id"));
  checkOrigin(c);
  return openSocket(c, id, (batch) => postEvents(c, id, batch));
});
x.get("/sessions/:id/health", plain, getHealth);
x.put("/sessions/:id/files/:path{.+}", plain, putFile);
x.get("/sessions/:id/files/:path{.+}", plain, getFile);

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

/** The very route that `POST …/events` takes, so that a frame and a request with the same events get the same answer. */
export async function postEvents(c: AppContext, id: string, batch: unknown[]): Promise<Response> {
  const inner = new Hono<AppEnv>();
  inner.onError(onError);
  inner.use(async (own, next) => {
    own.set("requestId", c.var.requestId);
    own.set("workspace", c.var.workspace);
    own.set("workspaceId", c.var.workspaceId);
    own.set("cred", c.var.cred);
    await next();
  });
  inner.route("/", events);
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ events: batch });
  return inner.request(`/${id}/events`, { method: "POST", headers, body }, c.env, c.executionCtx);
}
