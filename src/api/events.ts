/** `/v1/sessions/{id}/events` (spec/core.md §4.3). Lists and echoes are bytes that the object made; they stream through. */
import { Hono } from "hono";
import { EventSend } from "../protocol/events.ts";
import { eventListQuery } from "../protocol/queries.ts";
import { check } from "../protocol/validation.ts";
import { type SentEvents, sendEvents } from "../services/send-events.ts";
import type { ListQuery, Sender } from "../session/rpc.ts";
import { unwrap } from "./answer.ts";
import { type Body, readBody } from "./body.ts";
import { type AppContext, type AppEnv, paramsOf } from "./context.ts";
import { listKey } from "./cursor.ts";
import { known } from "./ids.ts";
import { jsonStream, sessionObject } from "./objects.ts";
import { plain } from "./plain.ts";
import { callerOf, contentSource, platformOf } from "./platform.ts";
import { keepContent } from "./restore.ts";
import { senderOf } from "./sender.ts";
import { streamEvents } from "./stream/sse.ts";

export const events = new Hono<AppEnv>();

events.post("/:id/events", plain, async (c) => {
  const id = known("sesn", c.req.param("id"));
  const body = await readBody(c.req.raw, keepContent);
  return jsonStream(c, await sendEvents(platformOf(c), callerOf(c), id, sentEvents(body, senderOf(c, body.digest))));
});

events.get("/:id/events", async (c) => {
  const { page = null, types = null, ...rest } = unwrap(eventListQuery(paramsOf(c)));
  return listEvents(c, known("sesn", c.req.param("id")), null, { page, types, ...rest });
});

events.get("/:id/events/stream", (c) => streamEvents(c, known("sesn", c.req.param("id")), null));

/** A page of the session's events, or of one thread's. */
export async function listEvents(
  c: AppContext,
  sessionId: string,
  threadId: string | null,
  query: Omit<ListQuery, "key">,
): Promise<Response> {
  const key = await listKey(c, "events", sessionId, threadId ?? "");
  const page = await sessionObject(c.env, sessionId).getEvents(c.var.workspace, threadId, { ...query, key });
  return jsonStream(c, unwrap(page));
}

/** What a request or a frame of a socket sends. Throws a 400 that names the offending path. */
export function sentEvents(body: Body, sender: Sender): SentEvents {
  const { events } = unwrap(check(EventSend, body.value));
  return { events, content: contentSource(body), sender };
}
