/** `/v1/sessions` (spec/core.md §4). The object is the truth; lists come from the catalog's index of it. */
import { Hono } from "hono";
import { listSessions, type SessionFilter } from "../catalog/sessionlist.ts";
import { sessionListQuery } from "../protocol/queries.ts";
import { SESSION_STATUSES, SessionCreate, SessionUpdate } from "../protocol/sessions.ts";
import { check } from "../protocol/validation.ts";
import { createSession } from "../services/create-session.ts";
import { archiveSession, deleteSession } from "../services/end-session.ts";
import { sweepSoon } from "../services/sweep.ts";
import { updateSession } from "../services/update-session.ts";
import { unwrap } from "./answer.ts";
import { readBody, readJson } from "./body.ts";
import { type AppEnv, nowMicros, paramsOf } from "./context.ts";
import { listKey } from "./cursor.ts";
import { known } from "./ids.ts";
import { bothWays, sliceOf } from "./lists.ts";
import { sessionObject } from "./objects.ts";
import { plain } from "./plain.ts";
import { callerOf, contentSource, platformOf } from "./platform.ts";
import { keepContent } from "./restore.ts";
import { senderOf } from "./sender.ts";

/**
 * Shown unless more is asked for: archived sessions are terminated ones (spec/core.md §1.8).
 * @inferred that `statuses[]=terminated` alone reveals both kinds
 */
const LIVE = ["idle", "running", "rescheduling"] as const;

export const sessions = new Hono<AppEnv>();

sessions.post("/", plain, async (c) => {
  const platform = platformOf(c);
  sweepSoon(platform);
  const body = await readBody(c.req.raw, keepContent);
  const session = await createSession(platform, callerOf(c), {
    params: unwrap(check(SessionCreate, body.value)),
    content: contentSource(body),
    sender: senderOf(c, body.digest),
    named: (id) => c.set("sessionId", id),
  });
  return c.json(session);
});

sessions.get("/", async (c) => {
  sweepSoon(platformOf(c));
  const query = unwrap(sessionListQuery(paramsOf(c)));
  const key = await listKey(c, "sessions");
  const part = sliceOf(key, query);
  // No session of this version has a deployment or a memory store, so such a filter matches none.
  const none = query.deployment_id !== undefined || query.memory_store_id !== undefined;
  const filter: SessionFilter = {
    statuses: none ? [] : (query.statuses ?? (query.include_archived ? SESSION_STATUSES : LIVE)),
    agentId: query.agent_id,
    agentVersion: query.agent_version,
  };
  const page = await listSessions(c.env.DB, c.var.workspace, part, filter, nowMicros());
  return c.json(bothWays(key, part, page));
});

sessions.get("/:id", plain, async (c) => {
  const id = known("sesn", c.req.param("id"));
  return c.json(unwrap(await sessionObject(c.env, id).getSession(c.var.workspace)));
});

sessions.post("/:id", plain, async (c) => {
  const id = known("sesn", c.req.param("id"));
  const update = await readJson(c.req.raw, SessionUpdate);
  return c.json(await updateSession(platformOf(c), callerOf(c), id, update));
});

sessions.post("/:id/archive", plain, async (c) => {
  const id = known("sesn", c.req.param("id"));
  return c.json(await archiveSession(platformOf(c), callerOf(c), id));
});

sessions.delete("/:id", plain, async (c) => {
  const id = known("sesn", c.req.param("id"));
  await deleteSession(platformOf(c), callerOf(c), id);
  return c.json({ type: "session_deleted", id });
});
