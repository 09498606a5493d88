/** `/v1/sessions` (spec/core.md §4). The object is the truth; lists come from the catalog's index of it. */
import { listName } from "../../catalog/cursor.ts";
import { listSessions, type SessionFilter } from "../../catalog/sessions.ts";
import { unwrap } from "../../protocol/errors.ts";
import { pageBothWays } from "../../protocol/page.ts";
import * as resources from "../../protocol/resources.ts";
import * as wire from "../../protocol/sessions.ts";
import * as usage from "../../protocol/usage.ts";
import { createSession } from "../../services/create-session.ts";
import { archiveSession, deleteSession } from "../../services/end-session.ts";
import { sweepSoon } from "../../services/sweep.ts";
import { updateSession } from "../../services/update-session.ts";
import { contentSource } from "../body/content.ts";
import { keepContent } from "../body/large.ts";
import { nowMicros } from "../context.ts";
import { paginateBothWays } from "../list.ts";
import { callerOf, platformOf, senderOf, sessionObject } from "../platform.ts";
import { type RouteGroup, route } from "../route.ts";

/**
 * Shown unless more is asked for: archived sessions are terminated ones (spec/core.md §1.8).
 * @inferred that `statuses[]=terminated` alone reveals both kinds
 */
const LIVE = ["idle", "running", "rescheduling"] as const;

const group: RouteGroup = {
  tag: "Sessions",
  about: "One agent at work in an environment.",
  gate: "beta",
  namesWorkspace: true,
  schemas: [wire, resources, usage],
};

export const sessions = [
  route({
    group,
    method: "POST",
    path: "/v1/sessions",
    id: "createSession",
    summary: "Create a session, with its first events if you like",
    sdk: ["sessions.create"],
    without: [
      ...["MCP servers", "skills", "rosters", "web tools named in `configs`", "the policy `auto`"],
      ...["self-hosted environments", "limited networking", "packages", "vaults", "resources", "outcomes"],
    ],
    creates: true,
    body: wire.SessionCreate,
    keep: keepContent,
    example: {
      agent: "agent_01AAAAAAAAAAAAAAAAAAAAAA",
      environment_id: "env_01AAAAAAAAAAAAAAAAAAAAAA",
      title: "Which day is it?",
      initial_events: [{ type: "user.message", content: [{ type: "text", text: "Which day is it? Ask the shell." }] }],
    },
    answer: wire.Session,
    idempotent: true,
    handle: (c, { body, sent }) => {
      const platform = platformOf(c);
      sweepSoon(platform);
      return createSession(platform, callerOf(c), {
        params: body,
        content: contentSource(sent),
        sender: senderOf(c, sent.digest),
        named: (id) => c.set("sessionId", id),
      });
    },
  }),
  route({
    group,
    method: "GET",
    path: "/v1/sessions",
    id: "listSessions",
    summary: "List sessions",
    sdk: ["sessions.list"],
    query: wire.sessionListQuery,
    answer: pageBothWays(wire.Session),
    handle: (c, { query }) => {
      sweepSoon(platformOf(c));
      // No session of this version has a deployment or a memory store, so such a filter matches none.
      const none = query.deployment_id !== undefined || query.memory_store_id !== undefined;
      const filter: SessionFilter = {
        statuses: none ? [] : (query.statuses ?? (query.include_archived ? wire.SESSION_STATUSES : LIVE)),
        agentId: query.agent_id,
        agentVersion: query.agent_version,
      };
      return paginateBothWays(listName("sessions", c.var.workspace), query, (slice) =>
        listSessions(c.env.DB, c.var.workspace, slice, filter, nowMicros()),
      );
    },
  }),
  route({
    group,
    method: "GET",
    path: "/v1/sessions/{session_id}",
    id: "getSession",
    summary: "Get a session",
    sdk: ["sessions.retrieve"],
    withoutCatalog: true,
    answer: wire.Session,
    handle: async (c, { session_id }) => unwrap(await sessionObject(c.env, session_id).getSession(c.var.workspace)),
  }),
  route({
    group,
    method: "POST",
    path: "/v1/sessions/{session_id}",
    id: "updateSession",
    summary: "Update a session: its title, metadata, budget and tools",
    sdk: ["sessions.update"],
    without: ["MCP servers"],
    body: wire.SessionUpdate,
    example: { title: "Which day is it today?" },
    answer: wire.Session,
    refusals: [409],
    handle: (c, { session_id, body }) => updateSession(platformOf(c), callerOf(c), session_id, body),
  }),
  route({
    group,
    method: "DELETE",
    path: "/v1/sessions/{session_id}",
    id: "deleteSession",
    summary: "Delete a session with everything that it stored",
    sdk: ["sessions.delete"],
    answer: wire.SessionDeleted,
    refusals: [409],
    handle: async (c, { session_id: id }) => {
      await deleteSession(platformOf(c), callerOf(c), id);
      return { type: "session_deleted" as const, id };
    },
  }),
  route({
    group,
    method: "POST",
    path: "/v1/sessions/{session_id}/archive",
    id: "archiveSession",
    summary: "Archive a session: it is terminated, its log stays",
    sdk: ["sessions.archive"],
    answer: wire.Session,
    refusals: [409],
    handle: (c, { session_id }) => archiveSession(platformOf(c), callerOf(c), session_id),
  }),
];
