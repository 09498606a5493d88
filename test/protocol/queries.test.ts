import Anthropic from "@anthropic-ai/sdk";
import type { AgentListParams, AgentRetrieveParams } from "@anthropic-ai/sdk/resources/beta/agents/agents";
import type { EnvironmentListParams } from "@anthropic-ai/sdk/resources/beta/environments/environments";
import type { EventListParams, EventStreamParams } from "@anthropic-ai/sdk/resources/beta/sessions/events";
import type { SessionListParams } from "@anthropic-ai/sdk/resources/beta/sessions/sessions";
import type { ThreadListParams } from "@anthropic-ai/sdk/resources/beta/sessions/threads/threads";
import type { ModelListParams } from "@anthropic-ai/sdk/resources/models";
import { describe, expect, test } from "vitest";
import * as agents from "../../src/protocol/agents.ts";
import * as environments from "../../src/protocol/environments.ts";
import type { Outcome } from "../../src/protocol/errors.ts";
import * as events from "../../src/protocol/events.ts";
import * as models from "../../src/protocol/models.ts";
import { microseconds, noQuery } from "../../src/protocol/queries.ts";
import * as sessions from "../../src/protocol/sessions.ts";
import * as threads from "../../src/protocol/threads.ts";
import type { Body } from "./conformance.ts";

const queries = { ...agents, ...environments, ...events, ...models, ...sessions, ...threads, noQuery };

/** Every parameter the SDK knows: a new one is missing here, and `tsc` says so. */
type Every<P> = Required<Body<P>>;

/** The query string that the official client makes of a call. */
async function sent(call: (client: Anthropic) => PromiseLike<unknown>): Promise<URLSearchParams> {
  let url = "";
  const fetch = async (input: string | URL | Request) => {
    url = String(input);
    return Response.json({ data: [], next_page: null });
  };
  await call(new Anthropic({ apiKey: "k", baseURL: "http://localhost", maxRetries: 0, fetch }));
  return new URL(url).searchParams;
}

function value<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(outcome.error.message);
  return outcome.value;
}

const at = "2026-11-22T10:00:00.000001Z";
const MICROS = Date.UTC(2026, 10, 22, 10) * 1000 + 1;
const bounds = { "created_at[gt]": at, "created_at[gte]": at, "created_at[lt]": at, "created_at[lte]": at };
const BOUNDS = { gt: MICROS, gte: MICROS, lt: MICROS, lte: MICROS };

describe("what the official client sends is read back", () => {
  test("sessions", async () => {
    const rest = { limit: 7, page: "page_x", order: "asc", include_archived: true } as const;
    const filters = { agent_id: "agent_1", agent_version: 2, deployment_id: "depl_1", memory_store_id: "memstore_1" };
    const statuses: SessionListParams["statuses"] & object = ["idle", "running"];
    const query: Every<SessionListParams> = { ...rest, ...filters, statuses, ...bounds };
    const params = await sent((client) => client.beta.sessions.list(query));
    expect(value(queries.sessionListQuery(params))).toEqual({ ...rest, ...filters, statuses, ...BOUNDS });
  });
  test("events", async () => {
    const rest = { limit: 1000, page: "page_x", order: "desc" } as const;
    const types: EventListParams["types"] & object = ["user.message", "agent.tool_use"];
    const query: Every<EventListParams> = { ...rest, types, ...bounds };
    const params = await sent((client) => client.beta.sessions.events.list("sesn_1", query));
    expect(value(queries.eventListQuery(params))).toEqual({ ...rest, types, ...BOUNDS });
  });
  test("agents", async () => {
    const rest = { limit: 100, page: "page_x", include_archived: false };
    const query: Every<AgentListParams> = { ...rest, "created_at[gte]": at, "created_at[lte]": at };
    const params = await sent((client) => client.beta.agents.list(query));
    expect(value(queries.agentListQuery(params))).toEqual({ ...rest, gte: MICROS, lte: MICROS });
  });
  test("one agent", async () => {
    const query: Every<AgentRetrieveParams> = { version: 3 };
    expect(value(queries.agentGetQuery(await sent((client) => client.beta.agents.retrieve("agent_1", query))))).toEqual(
      query,
    );
  });
  test("environments", async () => {
    const query: Every<EnvironmentListParams> = { limit: 5, page: "page_x", include_archived: true };
    expect(value(queries.environmentListQuery(await sent((client) => client.beta.environments.list(query))))).toEqual(
      query,
    );
  });
  test("threads", async () => {
    const query: Every<ThreadListParams> = { limit: 5, page: "page_x", statuses: ["idle"] };
    expect(
      value(queries.threadListQuery(await sent((client) => client.beta.sessions.threads.list("sesn_1", query)))),
    ).toEqual(query);
  });
  test("models", async () => {
    const query: Omit<Every<ModelListParams>, "after_id"> = {
      limit: 5,
      before_id: "a",
      lifecycle: ["active", "retired"],
    };
    expect(value(queries.modelListQuery(await sent((client) => client.models.list(query))))).toEqual({
      ...query,
      after_id: undefined,
    });
  });
  test("a stream", async () => {
    const query: Every<EventStreamParams> = { event_deltas: ["agent.message", "agent.thinking", "agent.message"] };
    const params = await sent((client) =>
      client.beta.sessions.events.stream("sesn_1", query).then((stream) => stream.controller.abort()),
    );
    expect(value(queries.streamQuery(params))).toEqual({ event_deltas: ["agent.message", "agent.thinking"] });
  });
  test("a repeated value counts once", () => {
    const params = new URLSearchParams("statuses[]=idle&statuses[]=running&statuses[]=idle");
    expect(value(queries.sessionListQuery(params)).statuses).toEqual(["idle", "running"]);
    const types = new URLSearchParams("types[]=user.message&types[]=user.message");
    expect(value(queries.eventListQuery(types)).types).toEqual(["user.message"]);
  });
  test("a null cursor is the first page", async () => {
    const params = await sent((client) => client.beta.agents.list({ page: null }));
    expect(params.get("page")).toBe("");
    expect(value(queries.agentListQuery(params)).page).toBeUndefined();
  });
});

describe("without parameters", () => {
  test.each<[string, Outcome<{ limit: number }>, number]>([
    ["agents", queries.agentListQuery(new URLSearchParams()), 20],
    ["versions", queries.agentVersionListQuery(new URLSearchParams()), 20],
    ["environments", queries.environmentListQuery(new URLSearchParams()), 20],
    ["sessions", queries.sessionListQuery(new URLSearchParams()), 20],
    ["events", queries.eventListQuery(new URLSearchParams()), 1000],
    ["threads", queries.threadListQuery(new URLSearchParams()), 1000],
    ["thread events", queries.threadEventListQuery(new URLSearchParams()), 1000],
    ["models", queries.modelListQuery(new URLSearchParams()), 20],
  ])("a page of %s has its usual length", (_, outcome, limit) => {
    expect(value(outcome).limit).toBe(limit);
  });
  test("sessions come newest first, events oldest first, and neither is filtered", () => {
    expect(value(queries.sessionListQuery(new URLSearchParams()))).toMatchObject({
      order: "desc",
      include_archived: false,
    });
    expect(value(queries.eventListQuery(new URLSearchParams()))).toMatchObject({ order: "asc" });
    expect(value(queries.streamQuery(new URLSearchParams()))).toEqual({ event_deltas: [] });
  });
});

describe("a bad parameter is refused by name", () => {
  type Read = (params: URLSearchParams) => Outcome<unknown>;
  const deltas = (count: number) => Array.from({ length: count }, () => "event_deltas[]=agent.message").join("&");
  test.each<[string, Read, string]>([
    ["limit=0", queries.agentListQuery, "limit: must be from 1 to 100"],
    ["limit=101", queries.agentListQuery, "limit: must be from 1 to 100"],
    ["limit=1001", queries.eventListQuery, "limit: must be from 1 to 1000"],
    ["limit=1.5", queries.agentListQuery, "limit: must be a whole number"],
    ["limit=", queries.agentListQuery, "limit: must be a whole number"],
    ["limit=1&limit=2", queries.agentListQuery, "limit: sent 2 times; send it once"],
    ["include_archived=yes", queries.agentListQuery, "include_archived: must be one of true, false"],
    ["order=up", queries.sessionListQuery, "order: must be one of asc, desc"],
    ["order=asc", queries.agentListQuery, "order: unknown key; remove it"],
    [
      "statuses[]=paused",
      queries.sessionListQuery,
      "statuses[].0: must be one of rescheduling, running, idle, terminated",
    ],
    ["statuses=idle", queries.sessionListQuery, "statuses: unknown key; remove it"],
    ["agent_id=", queries.sessionListQuery, "agent_id: must not be empty"],
    ["agent_version=0", queries.sessionListQuery, "agent_version: must be from 1 to 9007199254740991"],
    ["types[]=user.mesage", queries.eventListQuery, "types[].0: must be one of user.message,"],
    ["created_at[gte]=yesterday", queries.eventListQuery, "created_at[gte]: must be an RFC 3339 time"],
    ["created_at[gte]=2026-11-22", queries.eventListQuery, "created_at[gte]: must be an RFC 3339 time"],
    ["created_at[gte]=2026-13-22T00:00:00Z", queries.eventListQuery, "created_at[gte]: must be an RFC 3339 time"],
    ["created_at[gt]=2026-11-22T00:00:00Z", queries.agentListQuery, "created_at[gt]: unknown key; remove it"],
    ["types[]=user.message", queries.threadEventListQuery, "types[]: unknown key; remove it"],
    [
      "event_deltas[]=agent.tool_use",
      queries.streamQuery,
      "event_deltas[].0: must be one of agent.message, agent.thinking",
    ],
    [deltas(101), queries.streamQuery, "event_deltas[]: must have at most 100 values"],
    ["before_id=a&after_id=b", queries.modelListQuery, "before_id: cannot be combined with after_id"],
    ["order=asc", queries.agentVersionListQuery, "order: unknown key; remove it"],
    ["order=asc", queries.environmentListQuery, "order: unknown key; remove it"],
    ["order=asc", queries.agentGetQuery, "order: unknown key; remove it"],
    ["force=true", queries.noQuery, "force: unknown key; remove it"],
    ["__proto__=x", queries.noQuery, "__proto__: unknown key; remove it"],
    ["constructor=x", queries.sessionListQuery, "constructor: unknown key; remove it"],
    ["limit=-1", queries.sessionListQuery, "limit: must be a whole number"],
    ["limit=1e9", queries.sessionListQuery, "limit: must be a whole number"],
    ["limit=NaN", queries.sessionListQuery, "limit: must be a whole number"],
    ["limit=1000000000", queries.sessionListQuery, "limit: must be from 1 to 100"],
    ["page=a&page=b", queries.sessionListQuery, "page: sent 2 times; send it once"],
    ["order=asc&order=asc", queries.sessionListQuery, "order: sent 2 times; send it once"],
    ["statuses[]=", queries.sessionListQuery, "statuses[].0: must be one of rescheduling"],
  ])("%s", (query, read, message) => {
    const outcome = read(new URLSearchParams(query));
    expect(outcome.ok ? "accepted" : outcome.error.message).toContain(message);
  });

  test.each<[string, Read]>([
    ["limit=1", queries.agentListQuery],
    ["limit=100", queries.agentListQuery],
    ["limit=1000", queries.eventListQuery],
    ["beta=true", queries.noQuery],
    [deltas(100), queries.streamQuery],
    ["before_id=a", queries.modelListQuery],
  ])("%s is fine", (query, read) => {
    expect(read(new URLSearchParams(query)).ok).toBe(true);
  });
});

describe("a time", () => {
  test.each<[string, number | null]>([
    ["1970-01-01T00:00:00Z", 0],
    ["1970-01-01T00:00:00.5Z", 500_000],
    ["1970-01-01T00:00:00.000001Z", 1],
    ["1970-01-01T00:00:00.0000019Z", 1],
    ["1970-01-01T01:00:00+01:00", 0],
    ["1969-12-31T23:59:59.999999Z", -1],
    ["1970-01-01t00:00:00z", 0],
    ["1970-01-01T00:00:00", null],
    ["1970-01-01 00:00:00Z", null],
    ["0", null],
  ])("%s", (time, micros) => {
    expect(microseconds(time)).toBe(micros);
  });
});
