/** `/v1/sessions` (spec/core.md §4). The object is the truth; lists come from the catalog's index of it. */
import { Hono } from "hono";
import type { Page } from "../catalog/keyset.ts";
import { listSessions, type SessionFilter } from "../catalog/sessionlist.ts";
import { dropSession, settleSession } from "../catalog/sessions.ts";
import { SESSION_STATUSES, type Session } from "../protocol/sessions.ts";
import { unwrap } from "./answer.ts";
import { type AppContext, type AppEnv, nowMicros } from "./context.ts";
import { createSession } from "./create.ts";
import { known } from "./ids.ts";
import { notYet } from "./later.ts";
import { bothWays } from "./lists.ts";
import { sessionObject } from "./objects.ts";
import { createdAt, flag, one, order, several, slice, whole } from "./query.ts";
import { sweepSoon } from "./sweep.ts";

/** Shown unless more is asked for: archived sessions are terminated ones (spec/core.md §1.8). */
const LIVE = ["idle", "running", "rescheduling"] as const;

export const sessions = new Hono<AppEnv>();

sessions.post("/", async (c) => {
  sweepSoon(c);
  return c.json(await createSession(c));
});

sessions.get("/", async (c) => {
  sweepSoon(c);
  const part = slice(c, "sessions", { sort: order(c, "desc"), bounds: createdAt(c) });
  const filter = sessionFilter(c);
  // No session of this version has a deployment or a memory store, so such a filter matches none.
  const none = one(c, "deployment_id") !== undefined || one(c, "memory_store_id") !== undefined;
  const empty: Page<Session> = { items: [], more: false };
  const page = none ? empty : await listSessions(c.env.DB, c.var.workspace, part, filter, nowMicros());
  return c.json(bothWays("sessions", part, page));
});

sessions.get("/:id", async (c) => {
  const id = known("sesn", c.req.param("id"));
  return c.json(unwrap(await sessionObject(c.env, id).getSession(c.var.workspace)));
});

sessions.post("/:id", notYet("updating a session"));

sessions.post("/:id/archive", async (c) => {
  const id = known("sesn", c.req.param("id"));
  const session = unwrap(await sessionObject(c.env, id).archive(c.var.workspace));
  await settleSession(c.env.DB, session);
  return c.json(session);
});

sessions.delete("/:id", async (c) => {
  const id = known("sesn", c.req.param("id"));
  unwrap(await sessionObject(c.env, id).remove(c.var.workspace));
  await dropSession(c.env.DB, id);
  return c.json({ type: "session_deleted", id });
});

function sessionFilter(c: AppContext): SessionFilter {
  const statuses = several(c, "statuses", SESSION_STATUSES) ?? (flag(c, "include_archived") ? SESSION_STATUSES : LIVE);
  const agentId = one(c, "agent_id");
  const agentVersion = whole(c, "agent_version", 1, Number.MAX_SAFE_INTEGER);
  return {
    statuses,
    ...(agentId === undefined ? {} : { agentId }),
    ...(agentVersion === undefined ? {} : { agentVersion }),
  };
}
