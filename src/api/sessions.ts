/** `/v1/sessions` (spec/core.md §4). The object is the truth; lists come from the catalog's index of it. */
import { Hono } from "hono";
import { dropContents } from "../catalog/contents.ts";
import { listName } from "../catalog/cursor.ts";
import type { Slice } from "../catalog/keyset.ts";
import { dropSession, listSessions, type SessionFilter, settleSession, workspaceOf } from "../catalog/sessions.ts";
import { sessionListQuery } from "../protocol/queries.ts";
import { SESSION_STATUSES } from "../protocol/sessions.ts";
import { unwrap } from "./answer.ts";
import { type AppContext, type AppEnv, nowMicros, paramsOf } from "./context.ts";
import { createSession } from "./create.ts";
import { known } from "./ids.ts";
import { paginateBothWays } from "./list.ts";
import { sessionObject } from "./objects.ts";
import { plain } from "./plain.ts";
import { idsOf } from "./requestlog.ts";
import { sweepSoon } from "./sweep.ts";
import { updateSession } from "./update.ts";

/**
 * Shown unless more is asked for: archived sessions are terminated ones (spec/core.md §1.8).
 * @inferred that `statuses[]=terminated` alone reveals both kinds
 */
const LIVE = ["idle", "running", "rescheduling"] as const;

export const sessions = new Hono<AppEnv>();

sessions.post("/", plain, async (c) => {
  sweepSoon(c);
  return c.json(await createSession(c));
});

sessions.get("/", async (c) => {
  sweepSoon(c);
  const query = unwrap(sessionListQuery(paramsOf(c)));
  // No session of this version has a deployment or a memory store, so such a filter matches none.
  const none = query.deployment_id !== undefined || query.memory_store_id !== undefined;
  const filter: SessionFilter = {
    statuses: none ? [] : (query.statuses ?? (query.include_archived ? SESSION_STATUSES : LIVE)),
    agentId: query.agent_id,
    agentVersion: query.agent_version,
  };
  const read = (slice: Slice) => listSessions(c.env.DB, c.var.workspace, slice, filter, nowMicros());
  return c.json(await paginateBothWays(listName("sessions", c.var.workspace), query, read));
});

sessions.get("/:id", plain, async (c) => {
  const id = known("sesn", c.req.param("id"));
  return c.json(unwrap(await sessionObject(c.env, id).getSession(c.var.workspace)));
});

sessions.post("/:id", plain, async (c) => c.json(await updateSession(c)));

sessions.post("/:id/archive", plain, async (c) => {
  const id = known("sesn", c.req.param("id"));
  const session = unwrap(await sessionObject(c.env, id).archive(c.var.workspace));
  await settleSession(c.env.DB, session);
  return c.json(session);
});

sessions.delete("/:id", plain, async (c) => {
  const id = known("sesn", c.req.param("id"));
  const removed = await sessionObject(c.env, id).remove(c.var.workspace);
  if (removed.ok || removed.error.status !== 404 || !(await removeLost(c, id))) unwrap(removed);
  await dropSession(c.env.DB, id);
  return c.json({ type: "session_deleted", id });
});

/**
 * A session that the catalog lists and whose object holds nothing: its storage was lost. What else there is of it goes, so that the list can be
 * rid of it. False: the catalog knows none either.
 */
async function removeLost(c: AppContext, id: string): Promise<boolean> {
  const { env } = c;
  if ((await workspaceOf(env.DB, id)) !== c.var.workspace) return false;
  console.error(JSON.stringify({ level: "error", event: "session_lost", ...idsOf(c) }));
  await env.SANDBOX.getByName(id).remove();
  await dropContents(env.BLOBS, id);
  return true;
}
