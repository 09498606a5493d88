/** Errors in the SDK's terms: every `status error_code` pair of its table, every status, and what is tried again (spec/core.md §1.2–§1.4). */
import { gzipSync } from "node:zlib";
import Anthropic, { type APIError } from "@anthropic-ai/sdk";
import { describe, expect, test, vi } from "vitest";
import { createApp } from "../../../src/api/app.ts";
import { BODY_TIMEOUT_MS } from "../../../src/api/body/incoming.ts";
import { BODY_LIMIT_BYTES } from "../../../src/api/body/read.ts";
import { CONTEXT, KEY, testServer } from "../../api/harness.ts";
import { say } from "../../support/model-server/answer.ts";
import { stalledBody } from "../../support/stalled-body.ts";
import { PLAIN, TWO_FORMS } from "./forms.ts";
import { useLab } from "./lab.ts";
import { CANNOT_BE_RAISED, type ErrorClass, misjudged, sdkPairs } from "./pairs.ts";
import { message, send, turn } from "./reader.ts";
import { BODY_RULES, reportRules } from "./rules.ts";

const lab = useLab();
const PAIRS = await sdkPairs();
const BETA = { "anthropic-beta": "managed-agents-2026-04-01" };
const AGENT = { name: "agent", model: "claude-sonnet-5-5" };

/** A refused call's error, whatever its class. */
async function errorOf(call: PromiseLike<unknown>): Promise<APIError> {
  const thrown = await Promise.resolve(call).then(
    (value) => expect.fail(`was not refused: ${JSON.stringify(value).slice(0, 300)}`),
    (error: unknown) => error,
  );
  if (!(thrown instanceof Anthropic.APIError)) throw thrown;
  return thrown;
}

const post = (client: Anthropic, body: unknown, headers: Record<string, string> = {}) =>
  client.post("/v1/agents", { body, headers: { ...BETA, ...headers } });
const bytes = (headers: Record<string, string>, body: Uint8Array) => (client: Anthropic) =>
  post(client, body, { "content-type": "application/json", ...headers });
const json = new TextEncoder().encode(JSON.stringify(AGENT));
const absent = (id: string) => `${id.slice(0, -1)}${id.endsWith("1") ? "2" : "1"}`;

/** How each pair is come to over the wire. */
const RAISED: Record<string, (client: Anthropic) => PromiseLike<unknown>> = {
  "400 environment_archived": async (client) => {
    const [agent, id] = [await lab.agent(client), await lab.environmentId(client)];
    await client.beta.environments.archive(id);
    return client.beta.sessions.create({ agent: agent.id, environment_id: id });
  },
  "400 invalid_config_type_change": async (client) => {
    const id = await lab.environmentId(client);
    return client.beta.environments.update(id, { config: { type: "self_hosted" } });
  },
  "400 invalid_metadata": (client) =>
    client.beta.environments.create({ name: lab.word("e"), metadata: { ["k".repeat(65)]: "v" } }),
  "400 request_body_encoding_invalid": bytes({ "content-encoding": "gzip" }, gzipSync(json).subarray(0, 30)),
  "400 request_body_encoding_unsupported": bytes({ "content-encoding": "zstd" }, json),
  "400 unsupported_charset": bytes({ "content-type": "application/json; charset=utf-16" }, json),
  "404 environment_not_found": async (client) =>
    client.beta.environments.retrieve(absent(await lab.environmentId(client))),
  "413 request_body_too_large_after_decoding": bytes(
    { "content-encoding": "gzip" },
    gzipSync(Buffer.alloc(BODY_LIMIT_BYTES + 1, " ")),
  ),
};
/** Takes three minutes over the wire, so it has a test of its own, on the same app with its clock put forward. */
const RAISED_LATER = ["400 request_body_timeout"];

function judge(error: APIError, pair: string): void {
  expect(error).toBeInstanceOf(PAIRS.get(pair) as ErrorClass);
  expect(error.constructor).toBe(PAIRS.get(pair));
  expect(`${error.status} ${error.errorCode}`).toBe(pair);
  expect(error.requestID).toMatch(/^req_01/);
  expect((error.error as { request_id: string }).request_id).toBe(error.requestID);
}

test("every pair of the SDK's table is raised here, or said to be out of reach and why", () => {
  const raised = [...Object.keys(RAISED), ...RAISED_LATER];
  expect(misjudged(PAIRS.keys(), raised, CANNOT_BE_RAISED.keys())).toEqual([]);
  // What an SDK with another table would show.
  const newer = [...PAIRS.keys(), "400 brand_new"].filter((pair) => pair !== "404 file_expired");
  expect(misjudged(newer, [...raised, "400 invalid_metadata"], CANNOT_BE_RAISED.keys())).toEqual([
    "400 brand_new: not judged",
    "400 invalid_metadata: judged twice",
    "404 file_expired: not in the SDK's table",
  ]);
  expect([...CANNOT_BE_RAISED.values()].every((reason) => reason.length > 20)).toBe(true);
});

describe.each(TWO_FORMS)("$name", (form) => {
  test.each(Object.entries(RAISED))("%s", async (pair, raise) => {
    const sent = () => lab.wire.exchanges.filter(({ status }) => status >= 400).length;
    judge(await errorOf(raise(lab.client(form))), pair);
    expect(sent()).toBe(1);
  });

  test("each status has its class, its type, its word on trying again, and is sent once", async () => {
    const client = lab.client(form);
    const [agent, environmentId] = [await lab.agent(client), await lab.environmentId(client)];
    const session = await lab.session(client);
    const old = await lab.session(client, { model: "claude-sonnet-4-6" });
    await client.beta.agents.update(agent.id, { name: "newer", version: agent.version });
    const { environments, sessions, agents } = client.beta;
    const send = (id: string, event: object) => sessions.events.send(id, { events: [message("Hi."), event] as never });
    const system = { type: "system.message", content: [{ type: "text", text: "Be brief." }] };
    const overrides = { type: "agent_with_overrides", id: agent.id, model: null } as never;
    const stale = { name: "older", version: agent.version };
    const foreign = { type: "user.tool_result", tool_use_id: "sevt_none" };
    const wrong = lab.client(form, { key: "sk-wrong" });
    const INVALID = "invalid_request_error";
    const NO_SYSTEM = "model_does_not_support_mid_conversation_system";
    const { BadRequestError, NotFoundError, PermissionDeniedError, ContentTooLargeError } = Anthropic;
    const { AuthenticationError, ConflictError } = Anthropic;
    type Row = [() => PromiseLike<unknown>, abstract new (...args: never[]) => APIError, string, string?, string?];
    const rows: Row[] = [
      [() => agents.create({ ...AGENT, bogus: 1 } as never), BadRequestError, INVALID],
      [() => environments.create({ name: "" }), BadRequestError, INVALID, "false"],
      [
        () => sessions.create({ agent: overrides, environment_id: environmentId }),
        ...([BadRequestError, INVALID, undefined, "agent_model_required"] as const),
      ],
      [() => send(old.id, system), BadRequestError, INVALID, undefined, NO_SYSTEM],
      [() => wrong.beta.agents.list(), AuthenticationError, "authentication_error", "false"],
      [() => send(session.id, foreign), PermissionDeniedError, "permission_error"],
      [() => agents.retrieve(absent(agent.id)), NotFoundError, "not_found_error"],
      [() => client.get("/v1/nothing"), NotFoundError, "not_found_error", "false"],
      [() => agents.update(agent.id, stale), ConflictError, INVALID, "false"],
      [() => post(client, { text: "x".repeat(BODY_LIMIT_BYTES) }), ContentTooLargeError, "request_too_large"],
    ];
    for (const [call, which, type, retry = null, code = null] of rows) {
      const before = lab.wire.exchanges.length;
      const error = await errorOf(call());
      const seen = [error.constructor, error.type, error.headers?.get("x-should-retry") ?? null, error.errorCode];
      expect(seen, error.message.slice(0, 200)).toEqual([which, type, retry, code]);
      expect(lab.wire.exchanges.length - before).toBe(1);
    }
  });
});

test("a reference to an environment that is not there may be tried again, as far as the header goes", async () => {
  const client = lab.client(PLAIN);
  const [agent, id] = [await lab.agent(client), absent(await lab.environmentId(client))];
  for (const call of [
    () => client.beta.environments.retrieve(id),
    () => client.beta.sessions.create({ agent: agent.id, environment_id: id }),
  ]) {
    const error = await errorOf(call());
    expect(error).toBeInstanceOf(Anthropic.NotFoundError);
    expect(error.headers?.get("x-should-retry")).toBeNull();
  }
});

test("a compressed body is as good as a plain one", async () => {
  const { client, session } = await lab.talk();
  const events = [message(lab.script(say("Unpacked.")))];
  const body = gzipSync(JSON.stringify({ events }));
  const reader = await turn(client, session.id, [message(lab.script(say("Plain.")))]);
  await client.post(`/v1/sessions/${session.id}/events`, {
    body,
    headers: { ...BETA, "content-type": "application/json", "content-encoding": "gzip" },
  });
  expect(reader.of("agent.message").length).toBe(1);
  const said = (await client.beta.sessions.events.list(session.id, { types: ["user.message"] })).data;
  expect(said.at(-1)).toMatchObject(events[0] as object);
  await send(client, session.id, { type: "user.interrupt" });
});

describe("on the app itself", () => {
  const server = testServer();

  test("400 request_body_timeout", async () => {
    const app = createApp();
    let attempts = 0;
    const client = new Anthropic({
      apiKey: KEY,
      fetch: async (url, init) => {
        attempts++;
        return app.request(String(url), init as RequestInit, server.env, CONTEXT);
      },
    });
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const { stream, awaited, state } = stalledBody('{"name":');
      const refusal = errorOf(post(client, stream, { "content-type": "application/json" }));
      await awaited;
      await vi.advanceTimersByTimeAsync(BODY_TIMEOUT_MS - 1);
      expect(state.cancelled).toBe(false);
      await vi.advanceTimersByTimeAsync(1);
      judge(await refusal, "400 request_body_timeout");
      expect(attempts).toBe(1);
    } finally {
      vi.useRealTimers();
    }
  });
});

reportRules(BODY_RULES);
