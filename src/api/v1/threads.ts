/** `/v1/sessions/{id}/threads`: in this version the primary thread alone (spec/core.md §11). */
import { ApiError, invalid, unwrap } from "../../protocol/errors.ts";
import { SessionEvent, streamQuery, threadEventListQuery } from "../../protocol/events.ts";
import { page } from "../../protocol/page.ts";
import * as wire from "../../protocol/threads.ts";
import { sessionObject } from "../platform.ts";
import { notBuilt, type RouteGroup, route, unread } from "../route.ts";
import { streamEvents } from "../stream/sse.ts";
import { listEvents, STREAM_DESCRIPTION } from "./events.ts";

const group: RouteGroup = {
  tag: "Threads",
  about: "The conversations inside a session.",
  gate: "beta",
  namesWorkspace: true,
  schemas: [wire],
};

export const threads = [
  route({
    group,
    method: "GET",
    path: "/v1/sessions/{session_id}/threads",
    id: "listThreads",
    summary: "List the threads of a session",
    withoutCatalog: true,
    sdk: ["sessions.threads.list"],
    query: wire.threadListQuery,
    answer: page(wire.SessionThread),
    handle: async (c, { session_id, query }) => {
      if (query.page !== undefined) throw new ApiError(invalid("page: not a cursor of this list, which is one page"));
      const all = unwrap(await sessionObject(c.env, session_id).getThreads(c.var.workspace));
      return { data: all.filter(({ status }) => query.statuses?.includes(status) ?? true), next_page: null };
    },
  }),
  route({
    group,
    method: "GET",
    path: "/v1/sessions/{session_id}/threads/{thread_id}",
    id: "getThread",
    summary: "Get a thread",
    withoutCatalog: true,
    sdk: ["sessions.threads.retrieve"],
    answer: wire.SessionThread,
    handle: async (c, { session_id, thread_id }) =>
      unwrap(await sessionObject(c.env, session_id).getThread(c.var.workspace, thread_id)),
  }),
  notBuilt({
    group,
    method: "POST",
    path: "/v1/sessions/{session_id}/threads/{thread_id}/archive",
    id: "archiveThread",
    summary: "Archive a thread",
    sdk: ["sessions.threads.archive"],
    what: "archiving a thread",
  }),
  route({
    group,
    method: "GET",
    path: "/v1/sessions/{session_id}/threads/{thread_id}/events",
    id: "listThreadEvents",
    summary: "List the events of a thread",
    withoutCatalog: true,
    sdk: ["sessions.threads.events.list"],
    query: threadEventListQuery,
    answer: page(SessionEvent),
    handle: (c, { session_id, thread_id, query: { limit, page = null } }) =>
      listEvents(c, session_id, thread_id, { order: "asc", types: null, limit, page }),
  }),
  route({
    group,
    method: "GET",
    path: "/v1/sessions/{session_id}/threads/{thread_id}/stream",
    id: "streamThread",
    summary: "Stream the events of a thread as they happen",
    withoutCatalog: true,
    description: STREAM_DESCRIPTION,
    sdk: ["sessions.threads.events.stream"],
    query: unread(streamQuery.schema),
    answer: "events",
    ticket: true,
    resumes: true,
    handle: (c, { session_id, thread_id }) =>
      streamEvents(c, session_id, thread_id, { ids: c.var.ticket !== undefined }),
  }),
];
