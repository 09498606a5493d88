/** `/x`: what the hosted API does not have (shared design §10). */
import { createHash } from "node:crypto";
import { Hono } from "hono";
import { ApiError, invalid } from "../protocol/errors.ts";
import { admitCaller } from "../services/admission.ts";
import { sendEvents } from "../services/send-events.ts";
import type { Sender } from "../session/rpc.ts";
import { wireErrorOf } from "./answer.ts";
import { parseBody } from "./body.ts";
import type { AppContext, AppEnv } from "./context.ts";
import { checkOrigin } from "./cors.ts";
import { sentEvents } from "./events.ts";
import { known } from "./ids.ts";
import { sessionObject } from "./objects.ts";
import { plain } from "./plain.ts";
import { callerOf, platformOf } from "./platform.ts";
import { keepContent } from "./restore.ts";
import { closeWhenRevoked } from "./standing.ts";
import { eventDeltas, refuseUnknown, resumeSeq } from "./stream/sse.ts";
import { Feed } from "./stream/subscription.ts";
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
  const feed = await Feed.open({
    stub: () => sessionObject(c.env, sessionId),
    workspace: c.var.workspace,
    thread: null,
    after: resumeSeq(new Headers(), query),
    deltas: eventDeltas(deltas),
  });
  closeWhenRevoked(c, feed);
  const { 0: client, 1: server } = new WebSocketPair();
  server.accept();
  void serveClient(server, feed, send);
  return new Response(null, { status: 101, webSocket: client });
}

/** What a request to `POST …/events` with these events does, body limits and answers included; throws its refusal. */
export async function postEvents(c: AppContext, id: string, batch: unknown[]): Promise<ReadableStream<Uint8Array>> {
  const platform = platformOf(c);
  const caller = callerOf(c);
  const bytes = new TextEncoder().encode(JSON.stringify({ events: batch }));
  const digest = createHash("sha256").update(bytes).digest("hex");
  try {
    await admitCaller(platform, caller, "known");
    const sender: Sender = { cred: caller.cred, key: null, digest, retry: 0 };
    return await sendEvents(platform, caller, id, sentEvents(parseBody(bytes, digest, keepContent), sender));
  } catch (error) {
    throw new ApiError(wireErrorOf(error as Error, c));
  }
}
