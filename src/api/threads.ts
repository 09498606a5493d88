/** `/v1/sessions/{id}/threads`: in this version the primary thread alone (spec/core.md §11). */
import { Hono } from "hono";
import { ApiError, invalid } from "../protocol/errors.ts";
import { threadEventListQuery, threadListQuery } from "../protocol/queries.ts";
import type { SessionThread } from "../protocol/threads.ts";
import { unwrap } from "./answer.ts";
import { type AppContext, type AppEnv, paramsOf } from "./context.ts";
import { listEvents } from "./events.ts";
import { known } from "./ids.ts";
import { notYet } from "./later.ts";
import { sessionObject } from "./objects.ts";
import { plain } from "./plain.ts";
import { streamEvents } from "./stream/sse.ts";

export const threads = new Hono<AppEnv>();

threads.get("/:id/threads", async (c) => {
  const { page, statuses } = unwrap(threadListQuery(paramsOf(c)));
  if (page !== undefined) throw new ApiError(invalid("page: not a cursor of this list, which is one page"));
  const threads = unwrap(await session(c).getThreads(c.var.workspace));
  return c.json({ data: threads.filter(({ status }) => !statuses || statuses.includes(status)), next_page: null });
});

threads.get("/:id/threads/:thread", plain, async (c) => c.json(await threadAt(c)));

threads.get("/:id/threads/:thread/events", async (c) => {
  const sessionId = known("sesn", c.req.param("id"));
  const { limit, page = null } = unwrap(threadEventListQuery(paramsOf(c)));
  return listEvents(c, sessionId, known("sthr", c.req.param("thread")), { order: "asc", types: null, limit, page });
});

threads.get("/:id/threads/:thread/stream", (c) =>
  streamEvents(c, known("sesn", c.req.param("id")), known("sthr", c.req.param("thread"))),
);

threads.post("/:id/threads/:thread/archive", plain, notYet("archiving a thread"));

async function threadAt(c: AppContext): Promise<SessionThread> {
  const id = known("sthr", c.req.param("thread") ?? "");
  return unwrap(await session(c).getThread(c.var.workspace, id));
}

function session(c: AppContext) {
  return sessionObject(c.env, known("sesn", c.req.param("id") ?? ""));
}
