/** `/v1/sessions/{id}/events` (spec/core.md §4.3). Lists and echoes are bytes that the object made; they stream through. */
import { Hono } from "hono";
import { ApiError } from "../protocol/errors.ts";
import { EventSend } from "../protocol/events.ts";
import { eventListQuery } from "../protocol/queries.ts";
import { unsupportedEvents } from "../protocol/unsupported.ts";
import { check } from "../protocol/validation.ts";
import type { ListQuery, Sender } from "../session/rpc.ts";
import { supported, unwrap } from "./answer.ts";
import { readBody } from "./body.ts";
import { type AppContext, type AppEnv, paramsOf } from "./context.ts";
import { delivered, makeBatch } from "./drafts.ts";
import { known } from "./ids.ts";
import { jsonStream, sessionObject } from "./objects.ts";
import { plain } from "./plain.ts";
import { keepContent } from "./restore.ts";
import { fullFor } from "./running.ts";
import { senderOf } from "./sender.ts";
import { mayNotRun, mustMayRun, refuseRevoked } from "./standing.ts";
import { streamEvents } from "./stream/sse.ts";

export const events = new Hono<AppEnv>();

events.post("/:id/events", plain, async (c) => {
  const id = known("sesn", c.req.param("id"));
  const body = await readBody(c.req.raw, keepContent);
  const params = unwrap(check(EventSend, body.value));
  supported(unsupportedEvents(params.events));
  refuseToolResults(params);
  const batch = makeBatch(params.events, "events", body, id);
  const object = sessionObject(c.env, id);
  const sender = senderOf(c, body.digest);
  const operator = await mayRun(c, id, params);
  // Nothing is stored under the id of a session that is another workspace's or none.
  if (batch.uploads.length > 0) unwrap(await object.getSession(c.var.workspace));
  return jsonStream(
    c,
    unwrap(
      await delivered(batch, c.env.BLOBS, () =>
        object.emitEvents(c.var.workspace, batch.drafts, { ...sender, ...operator }),
      ),
    ),
  );
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
  query: ListQuery,
): Promise<Response> {
  return jsonStream(c, unwrap(await sessionObject(c.env, sessionId).getEvents(c.var.workspace, threadId, query)));
}

/**
 * What lets a session run is refused to a workspace that may not; an interrupt never is, but begins nothing there. The refusal of a full one is for
 * the session to give.
 */
async function mayRun(c: AppContext, id: string, { events }: EventSend): Promise<Pick<Sender, "full" | "held">> {
  await refuseRevoked(c);
  if (events.every((event) => event.type === "user.interrupt")) return { held: await mayNotRun(c) };
  await mustMayRun(c);
  return { full: await fullFor(c, id) };
}

/** Only an environment's or a work item's credential may send these, and there are none in this version (spec/core.md §4.3). */
function refuseToolResults(params: EventSend): void {
  const index = params.events.findIndex((event) => event.type === "user.tool_result");
  if (index < 0) return;
  const message =
    `events[${index}]: user.tool_result needs an environment's credential; ` +
    "an API key answers custom tools with user.custom_tool_result";
  throw new ApiError({ status: 403, type: "permission_error", message });
}
