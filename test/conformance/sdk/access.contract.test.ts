/** Who may come in, what a refusal is in the SDK's terms, and that workspaces do not see each other (spec/core.md §1.1–§1.4). */
import Anthropic from "@anthropic-ai/sdk";
import { describe, expect, test } from "vitest";
import { OTHER_KEY } from "../../support/server.ts";
import { FORMS, PLAIN } from "./forms.ts";
import { useLab } from "./lab.ts";
import { message, send } from "./reader.ts";
import { refused } from "./refusal.ts";
import { BODY_RULES, reportRules } from "./rules.ts";

const lab = useLab();
const { BetaUnsupportedCharsetError } = Anthropic.Beta;
const { RequestBodyEncodingInvalidError, RequestBodyEncodingUnsupportedError } = Anthropic;
const BODY_LIMIT = 32_000_000;

/** The id with its last character, a check on the others, changed. */
const mistyped = (id: string) => `${id.slice(0, -1)}${id.endsWith("1") ? "2" : "1"}`;

describe.each(FORMS)("$name", (form) => {
  const attempts = () => lab.wire.exchanges.length;

  test("a wrong key and no key are 401, and are not tried again", async () => {
    const wrong = lab.client(form, { key: "sk-wrong" });
    const error = await refused(wrong.beta.agents.list(), Anthropic.AuthenticationError);
    expect(error.type).toBe("authentication_error");
    const none = lab.client(form, { defaultHeaders: { authorization: null, "x-api-key": null } as never });
    await refused(none.beta.agents.list(), Anthropic.AuthenticationError);
    await refused(none.beta.sessions.events.stream("sesn_01"), Anthropic.AuthenticationError);
    expect(attempts()).toBe(3);
  });

  test("without the beta a gated endpoint does not exist; other values do not matter", async () => {
    const { client, session } = await lab.talk(form);
    const headers = { "anthropic-beta": null };
    for (const call of [
      () => client.beta.agents.list({}, { headers }),
      () => client.beta.environments.list({}, { headers }),
      () => client.beta.sessions.retrieve(session.id, {}, { headers }),
      () => client.beta.sessions.events.list(session.id, {}, { headers }),
      () => client.beta.sessions.events.stream(session.id, {}, { headers }),
      () => client.beta.sessions.threads.list(session.id, {}, { headers }),
    ]) {
      await refused(call(), Anthropic.NotFoundError);
    }
    const unknown = await client.beta.sessions.retrieve(session.id, { betas: ["nobody-knows-2026-01-01"] });
    expect(unknown.id).toBe(session.id);
    expect(lab.wire.exchanges.at(-1)?.sent.get("anthropic-beta")).toMatch(/^nobody-knows-2026-01-01,managed-agents/);
    expect((await client.models.list()).data.length).toBeGreaterThan(0);
  });

  test("a version that is missing or unknown is a 400", async () => {
    const client = lab.client(form);
    for (const version of ["2023-01-01", "latest", null]) {
      const headers = { "anthropic-version": version };
      const error = await refused(client.beta.agents.list({}, { headers }), Anthropic.BadRequestError);
      expect(error.apiMessage).toContain("anthropic-version");
    }
  });

  test("the workspace header may name the credential's own workspace and no other", async () => {
    const client = lab.client(form);
    const own = await client.beta.agents.list().asResponse();
    const workspaceId = own.headers.get("anthropic-workspace-id") ?? "";
    expect(workspaceId).toMatch(/^wrkspc_01/);
    await client.beta.agents.list({ workspace_id: workspaceId });
    const foreign = (await lab.other(form).beta.agents.list().asResponse()).headers.get("anthropic-workspace-id") ?? "";
    await refused(client.beta.agents.list({ workspace_id: foreign }), Anthropic.NotFoundError);
    await refused(client.beta.agents.list({ workspace_id: "default" }), Anthropic.BadRequestError);
  });

  test("another workspace's things are not there", async () => {
    const { client, session } = await lab.talk(form);
    const { id } = session;
    const [thread] = (await client.beta.sessions.threads.list(id)).data;
    const other = lab.client(form, { key: OTHER_KEY });
    const { agents, environments, sessions } = other.beta;
    const [ownAgent, ownEnvironment] = [await lab.agent(other), await lab.environmentId(other)];
    const hidden: (() => PromiseLike<unknown>)[] = [
      () => agents.retrieve(session.agent.id),
      () => agents.update(session.agent.id, { name: "taken" }),
      () => agents.archive(session.agent.id),
      () => agents.versions.list(session.agent.id),
      () => sessions.create({ agent: session.agent.id, environment_id: ownEnvironment }),
      () => sessions.retrieve(id),
      () => sessions.archive(id),
      () => sessions.delete(id),
      () => sessions.events.list(id),
      () => sessions.events.stream(id),
      () => sessions.events.send(id, { events: [message("Hello?")] }),
      () => sessions.threads.list(id),
      () => sessions.threads.retrieve(thread?.id ?? "", { session_id: id }),
      () => sessions.threads.events.list(thread?.id ?? "", { session_id: id }),
      () => sessions.threads.events.stream(thread?.id ?? "", { session_id: id }),
    ];
    for (const call of hidden) await refused(call(), Anthropic.NotFoundError);
    for (const call of [
      () => environments.retrieve(session.environment_id),
      () => environments.archive(session.environment_id),
      () => sessions.create({ agent: ownAgent.id, environment_id: session.environment_id }),
    ]) {
      await refused(call(), Anthropic.Beta.Environments.BetaEnvironmentNotFoundError);
    }
    expect((await sessions.list({ agent_id: session.agent.id })).data).toEqual([]);
    const visible = await agents.list({ limit: 100, include_archived: true });
    expect(visible.data.map((agent) => agent.id)).not.toContain(session.agent.id);
    expect(await client.beta.agents.retrieve(session.agent.id)).toMatchObject({ version: 1, archived_at: null });
    expect((await client.beta.sessions.events.list(id)).data).toEqual([]);
  });

  test("an environment's name is taken only within its workspace", async () => {
    const name = lab.word("shared");
    const mine = await lab.client(form).beta.environments.create({ name });
    expect((await lab.other(form).beta.environments.create({ name })).id).not.toBe(mine.id);
  });

  test("a mistyped id, an unknown path and an unsupported method are 404", async () => {
    const { client, session } = await lab.talk(form);
    for (const call of [
      () => client.beta.sessions.retrieve(mistyped(session.id)),
      () => send(client, mistyped(session.id), message("Hello?")),
      () => client.beta.agents.retrieve(mistyped(session.agent.id)),
      () => client.get("/v1/nothing"),
      () =>
        client.delete(`/v1/agents/${session.agent.id}`, { headers: { "anthropic-beta": "managed-agents-2026-04-01" } }),
    ]) {
      await refused(call(), Anthropic.NotFoundError);
    }
  });

  test("a wrong body has the class that says how it is wrong", async () => {
    const client = lab.client(form);
    const post = (body: unknown, headers: Record<string, string>) =>
      client.post("/v1/agents", { body, headers: { "anthropic-beta": "managed-agents-2026-04-01", ...headers } });
    const json = { "content-type": "application/json" };
    const body = { name: "agent", model: "claude-sonnet-5-5" };
    await refused(post(body, { "content-type": "application/json; charset=latin1" }), BetaUnsupportedCharsetError);
    await refused(post(body, { "content-encoding": "gzip" }), RequestBodyEncodingInvalidError);
    await refused(post(body, { "content-encoding": "zstd" }), RequestBodyEncodingUnsupportedError);
    await refused(post(new Uint8Array([0x7b, 0xff, 0x7d]), json), Anthropic.BadRequestError);
    await refused(post(new TextEncoder().encode('{"name":'), json), Anthropic.BadRequestError);
    await refused(post(body, { "content-type": "text/plain" }), Anthropic.BadRequestError);
  });

  test("every answer names its request, errors too", async () => {
    const client = lab.client(form);
    const agent = await lab.agent(client);
    const { data, request_id } = await client.beta.agents.retrieve(agent.id).withResponse();
    expect(request_id).toMatch(/^req_01/);
    expect((data as { _request_id?: string })._request_id).toBe(request_id);
    const error = await refused(client.beta.agents.retrieve(mistyped(agent.id)), Anthropic.NotFoundError);
    expect(error.requestID).toMatch(/^req_01/);
    expect(error.requestID).toBe((error.error as { request_id: string }).request_id);
    const ids = lab.wire.exchanges.map(({ headers }) => headers.get("request-id"));
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe("a body that is refused while it is still being sent", () => {
  const text = "x".repeat(BODY_LIMIT);
  /** Once is not enough: whether such a client is cut off is a race. */
  const ATTEMPTS = 2;

  test("is too large beyond 32,000,000 bytes, wherever it is sent", async () => {
    const { client, session } = await lab.talk();
    for (let i = 0; i < ATTEMPTS; i++) {
      const sent = send(client, session.id, message(text));
      expect((await refused(sent, Anthropic.ContentTooLargeError)).type).toBe("request_too_large");
      await refused(lab.agent(client, { system: text }), Anthropic.ContentTooLargeError);
    }
    expect((await client.beta.sessions.events.list(session.id)).data).toEqual([]);
    expect(lab.wire.count("POST", `/v1/sessions/${session.id}/events`)).toBe(ATTEMPTS);
  });

  test("learns of a wrong key and of a path that is not there", async () => {
    const wrong = lab.client(PLAIN, { key: "sk-wrong" });
    for (let i = 0; i < ATTEMPTS; i++) {
      await refused(lab.agent(wrong, { system: text }), Anthropic.AuthenticationError);
      await refused(lab.client().post("/v1/nothing", { body: { text } }), Anthropic.NotFoundError);
    }
    expect(lab.wire.exchanges.length).toBe(2 * ATTEMPTS);
  });
});

reportRules(BODY_RULES);
