/** The lists of a session's events and threads, filter by filter (spec/core.md §1.8, §4.6). */
import { readFileSync } from "node:fs";
import path from "node:path";
import Anthropic from "@anthropic-ai/sdk";
import type { BetaManagedAgentsSessionEvent as Event } from "@anthropic-ai/sdk/resources/beta/sessions/events";
import { expect, test } from "vitest";
import { say } from "../../support/model-server/answer.ts";
import { SDK } from "../validator/declarations.ts";
import { useLab } from "./lab.ts";
import { message, Reader, send, turn } from "./reader.ts";
import { refused } from "./refusal.ts";
import { reportRules } from "./rules.ts";

const lab = useLab();

/** The values that the SDK's type of `types[]` allows, read from its declarations. */
const TYPES: string[] = (() => {
  const declarations = readFileSync(path.join(SDK, "resources/beta/sessions/events.d.ts"), "utf8");
  const union = /type BetaManagedAgentsSessionEventType = ([^;]+);/.exec(declarations)?.[1] ?? "";
  return [...union.matchAll(/'([^']+)'/g)].map((match) => match[1] ?? "");
})();

/** A session with a finished turn, and one under way before which two messages wait. */
async function waiting() {
  const client = lab.client();
  const { id } = await lab.session(client);
  const reader = await turn(client, id, [message(lab.script(say("One."), { ...say("Two."), hold: "before_headers" }))]);
  await send(client, id, message("Go on."));
  await lab.model.held();
  const { data = [] } = await send(client, id, message("A"), message("B"));
  const pending = data.map((event) => event.id);
  const all = (await client.beta.sessions.events.list(id)).data;
  const list = async (query: object, headers = {}) =>
    (await client.beta.sessions.events.list(id, query, { headers })).data;
  const end = async () => {
    await send(client, id, { type: "user.interrupt" });
    lab.model.release();
  };
  return { client, id, reader, all, pending, list, end };
}
const ids = (events: Event[]) => events.map((event) => event.id);

test("types[] takes what the SDK's type lists, and nothing else", async () => {
  expect(TYPES.length).toBe(41);
  const { client, id, list, all, pending, end } = await waiting();
  expect(await list({ types: TYPES })).toEqual(all);
  for (const type of TYPES) expect(await list({ types: [type] })).toEqual(all.filter((event) => event.type === type));
  expect(ids(await list({ types: ["user.message"] })).slice(-2)).toEqual(pending);
  expect(await list({ types: ["user.message", "user.message"] })).toEqual(await list({ types: ["user.message"] }));
  for (const type of ["session.deleted", "user.mesage", "event_delta", "", "USER.MESSAGE"]) {
    const error = await refused(list({ types: ["user.message", type] }), Anthropic.BadRequestError);
    expect(error.apiMessage).toMatch(/^types\[\]\.1: must be one of user\.message, /);
  }
  const bare = client.get(`/v1/sessions/${id}/events?types=user.message`, {
    headers: { "anthropic-beta": "managed-agents-2026-04-01" },
  });
  expect((await refused(bare, Anthropic.BadRequestError)).apiMessage).toBe("types: unknown key; remove it");
  await end();
});

test("created_at is compared with processed_at, to the microsecond; what waits has none", async () => {
  const { all, list, pending, end } = await waiting();
  const done = all.filter((event) => event.processed_at);
  expect(ids(all).slice(-2)).toEqual(pending);
  const at = done[4]?.processed_at ?? "";
  const [head, tail] = [done.slice(0, 4), done.slice(5)];
  expect(await list({ "created_at[lt]": at })).toEqual(head);
  expect(await list({ "created_at[lte]": at })).toEqual([...head, done[4]]);
  expect(await list({ "created_at[gt]": at })).toEqual(tail);
  expect(await list({ "created_at[gte]": at })).toEqual([done[4], ...tail]);
  expect(await list({ "created_at[gte]": at, "created_at[lte]": at })).toEqual([done[4]]);
  expect(await list({ "created_at[gt]": at, "created_at[lt]": at })).toEqual([]);
  expect(await list({ "created_at[gte]": at, order: "desc", types: ["agent.message"] })).toEqual(
    tail.filter(({ type }) => type === "agent.message").concat(done[4]?.type === "agent.message" ? [done[4]] : []),
  );
  // The same instant in another zone.
  const [, date, time, rest] = /^(.*T)(\d\d)(:.*)Z$/.exec(at) ?? [];
  const other = new Date(`${date}${time}:00:00Z`);
  other.setUTCHours(other.getUTCHours() + 2);
  const zoned = `${other.toISOString().slice(0, 13)}${rest}+02:00`;
  expect(await list({ "created_at[lt]": zoned })).toEqual(head);
  for (const wrong of ["2026-13-01T00:00:00Z", "yesterday", "2026-11-22", ""]) {
    const error = await refused(list({ "created_at[gt]": wrong }), Anthropic.BadRequestError);
    expect(error.apiMessage).toMatch(/^created_at\[gt\]: must be an RFC 3339 time/);
  }
  await end();
});

test("the newest first is the oldest first turned round, what waits included, page by page", async () => {
  const { client, id, all, list, end } = await waiting();
  const paged = async (query: object) => {
    const found: Event[] = [];
    for await (const event of client.beta.sessions.events.list(id, query)) found.push(event);
    return found;
  };
  for (const limit of [1, 3, all.length, 1_000]) {
    expect(await paged({ limit })).toEqual(all);
    expect(await paged({ limit, order: "desc" })).toEqual([...all].reverse());
  }
  for (const limit of [0, 1_001, -1, 1.5, "many", ""]) {
    const error = await refused(list({ limit }), Anthropic.BadRequestError);
    expect(error.apiMessage).toMatch(/^limit: must be (a whole number|from 1 to 1000)/);
  }
  expect((await refused(list({ order: "up" }), Anthropic.BadRequestError)).apiMessage).toMatch(
    /^order: must be one of/,
  );
  await end();
});

test("a cursor belongs to its list and order, and to where its filter let it be", async () => {
  const { client, id, all, reader, end } = await waiting();
  const { events, threads } = client.beta.sessions;
  const page = (query: object) => events.list(id, query);
  const cursor = (await page({ limit: 5 })).next_page ?? "";
  expect((await page({ limit: 2, page: cursor })).data).toEqual(all.slice(5, 7));
  expect((await page({ page: cursor, types: ["user.message"] })).data.length).toBe(3);
  expect((await refused(page({ page: cursor, order: "desc" }), Anthropic.BadRequestError)).apiMessage).toMatch(
    /^page: this cursor was made with order=asc/,
  );
  const back = (await page({ limit: 5, order: "desc" })).next_page ?? "";
  await refused(page({ page: back }), Anthropic.BadRequestError);
  const moved = page({ page: cursor, "created_at[gt]": all[8]?.processed_at ?? "" });
  expect((await refused(moved, Anthropic.BadRequestError)).apiMessage).toMatch(/^page: the created_at filter excludes/);
  const thread = reader.of("session.thread_status_idle")[0]?.session_thread_id ?? "";
  const other = await lab.session(client);
  const changed = `${cursor.slice(0, -1)}${cursor.endsWith("A") ? "B" : "A"}`;
  for (const call of [
    () => events.list(other.id, { page: cursor }),
    () => threads.events.list(thread, { session_id: id, page: cursor }),
    () => threads.list(id, { page: cursor }),
    () => page({ page: changed }),
    () => page({ page: "page_" }),
    () => page({ page: "x".repeat(5_000) }),
  ]) {
    expect((await refused(call(), Anthropic.BadRequestError)).apiMessage).toMatch(/^page: not a cursor of this list/);
  }
  expect((await page({ page: "" })).data).toEqual(all);
  await end();
});

test("a thread's events take limit and page, and refuse the session list's filters", async () => {
  const { client, id, all, reader, end } = await waiting();
  const thread = reader.of("session.thread_status_idle")[0]?.session_thread_id ?? "";
  const { threads } = client.beta.sessions;
  const found: Event[] = [];
  for await (const event of threads.events.list(thread, { session_id: id, limit: 3 })) found.push(event);
  expect(found).toEqual(all);
  const headers = { "anthropic-beta": "managed-agents-2026-04-01" };
  for (const query of ["order=desc", "types[]=user.message", "created_at[gt]=2026-11-22T00:00:00Z"]) {
    const call = client.get(`/v1/sessions/${id}/threads/${thread}/events?${query}`, { headers });
    const error = await refused(call, Anthropic.BadRequestError);
    expect(error.apiMessage).toBe(`${query.split("=")[0]}: unknown key; remove it`);
  }
  await refused(threads.events.list(thread, { session_id: id, limit: 1_001 }), Anthropic.BadRequestError);
  expect(ids((await threads.events.list(thread, { session_id: id, limit: 1_000 })).data)).toEqual(ids(all));
  const { data, next_page } = await threads.list(id, { limit: 1_000 });
  expect([data.map((one) => one.id), next_page]).toEqual([[thread], null]);
  expect((await threads.list(id, { statuses: ["running"] })).data.length).toBe(1);
  expect((await threads.list(id, { statuses: ["idle"] })).data).toEqual([]);
  await refused(threads.list(id, { limit: 1_001 }), Anthropic.BadRequestError);
  for (const query of ["order=desc", "include_archived=true"]) {
    await refused(client.get(`/v1/sessions/${id}/threads?${query}`, { headers }), Anthropic.BadRequestError);
  }
  await end();
});

test("event_deltas[] has two values, at most a hundred times, on both streams", async () => {
  const { client, id, reader, end } = await waiting();
  const thread = reader.of("session.thread_status_idle")[0]?.session_thread_id ?? "";
  const streams = [
    (deltas: string[]) => client.beta.sessions.events.stream(id, { event_deltas: deltas as never }),
    (deltas: string[]) =>
      client.beta.sessions.threads.events.stream(thread, { session_id: id, event_deltas: deltas as never }),
  ];
  const open: Reader[] = [];
  for (const stream of streams) {
    for (const deltas of [["agent.tool_use"], ["agent.message", ""], ["user.message"]]) {
      expect((await refused(stream(deltas), Anthropic.BadRequestError)).apiMessage).toMatch(
        /^event_deltas: must be agent\.message or agent\.thinking, is /,
      );
    }
    const many = Array.from({ length: 101 }, () => "agent.message");
    expect((await refused(stream(many), Anthropic.BadRequestError)).apiMessage).toBe(
      "event_deltas: must have at most 100 values, has 101",
    );
    open.push(new Reader(await stream(many.slice(1))));
  }
  await end();
  for (const one of open) {
    await one.idle();
    one.close();
  }
});

reportRules(["schema", "log.pending-tail", "log.stamps-rise"]);
