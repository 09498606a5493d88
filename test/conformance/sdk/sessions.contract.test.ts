/** `client.beta.sessions` and its threads (spec/core.md §1.8, §4.1, §4.2, §4.9). */
import Anthropic from "@anthropic-ai/sdk";
import { describe, expect, test } from "vitest";
import { say } from "../../support/model-server/answer.ts";
import { FORMS } from "./forms.ts";
import { MODEL, useLab } from "./lab.ts";
import { message, open, send, turn } from "./reader.ts";
import { refused } from "./refusal.ts";
import { reportRules } from "./rules.ts";
import { listTests } from "./sessionlists.ts";
import { threadTests } from "./threads.ts";

const lab = useLab();
const toolset = { type: "agent_toolset_20260401" as const };

describe.each(FORMS)("$name", (form) => {
  test("a session runs a snapshot of its agent, whatever happens to the agent later", async () => {
    const client = lab.client(form);
    const agent = await lab.agent(client, { system: "Be kind.", tools: [toolset], metadata: { a: "1" } });
    const environmentId = await lab.environmentId(client);
    const made = await client.beta.sessions.create({
      agent: agent.id,
      environment_id: environmentId,
      title: "first",
      metadata: { ticket: "7" },
    });
    expect(made).toMatchObject({
      type: "session",
      status: "idle",
      title: "first",
      metadata: { ticket: "7" },
      environment_id: environmentId,
      archived_at: null,
      budget: null,
      resources: [],
      vault_ids: [],
      outcome_evaluations: [],
    });
    const { created_at: _c, updated_at: _u, archived_at: _a, metadata: _m, ...definition } = agent;
    expect(made.agent).toEqual(definition);
    await client.beta.agents.update(agent.id, { system: "Be brief." });
    const pinned = await client.beta.sessions.create({
      agent: { type: "agent", id: agent.id, version: 1 },
      environment_id: environmentId,
    });
    const newest = await client.beta.sessions.create({ agent: agent.id, environment_id: environmentId });
    expect([pinned.agent.version, pinned.agent.system]).toEqual([1, "Be kind."]);
    expect([newest.agent.version, newest.agent.system]).toEqual([2, "Be brief."]);
    expect((await client.beta.sessions.retrieve(made.id)).agent).toEqual(made.agent);
  });

  test("overrides replace, inherit and clear", async () => {
    const client = lab.client(form);
    const agent = await lab.agent(client, {
      system: "Be kind.",
      tools: [toolset],
      model: { id: MODEL, effort: "max" },
    });
    const environmentId = await lab.environmentId(client);
    const made = (overrides: object) =>
      client.beta.sessions.create({
        agent: { type: "agent_with_overrides", id: agent.id, ...overrides },
        environment_id: environmentId,
      });
    expect((await made({})).agent).toMatchObject({ system: "Be kind.", tools: agent.tools, model: agent.model });
    const cleared = await made({ system: null, tools: [] });
    expect(cleared.agent).toMatchObject({ system: null, tools: [], id: agent.id, version: 1 });
    expect((await made({ tools: null })).agent.tools).toEqual([]);
    const replaced = await made({ system: "Be brief.", model: { id: "claude-opus-5-5", effort: "max" } });
    // An effort in an override is ignored, and the agent's is lost.
    expect(replaced.agent).toMatchObject({
      system: "Be brief.",
      model: { id: "claude-opus-5-5", effort: { type: "medium" } },
    });
    const error = await refused(made({ model: null }), Anthropic.BadRequestError);
    expect([error.errorCode, error.apiMessage]).toEqual(["agent_model_required", expect.stringContaining("model")]);

    const skilled = await lab.agent(client, { tools: [toolset], skills: [{ type: "anthropic", skill_id: "pdf" }] });
    const bare = { type: "agent_with_overrides" as const, id: skilled.id, tools: [] };
    await refused(
      client.beta.sessions.create({ agent: bare, environment_id: environmentId }),
      Anthropic.BadRequestError,
    );
    const both = await client.beta.sessions.create({ agent: { ...bare, skills: [] }, environment_id: environmentId });
    expect([both.agent.tools, both.agent.skills]).toEqual([[], []]);
  });

  test("a budget is set at create, for a model with a public price", async () => {
    const client = lab.client(form);
    const budget = { type: "limit" as const, max_list_cost: { amount: "2500", currency: "USD" as const } };
    const made = await lab.session(client, {}, { budget });
    expect(made.budget).toEqual(budget);
    expect((await client.beta.sessions.retrieve(made.id)).budget).toEqual(budget);
    const { data } = await client.beta.sessions.list({ agent_id: made.agent.id });
    expect(data.map((session) => session.budget)).toEqual([budget]);
    const error = await refused(lab.session(client, { model: "rehearsal" }, { budget }), Anthropic.BadRequestError);
    expect([error.errorCode, error.type]).toEqual(["model_not_budgetable", "invalid_request_error"]);
    const half = { ...budget, max_list_cost: { ...budget.max_list_cost, amount: "0.5" } };
    const unclear = await refused(lab.session(client, {}, { budget: half }), Anthropic.BadRequestError);
    expect(unclear.apiMessage).toMatch(/^budget\.max_list_cost\.amount: /);
  });

  test("initial_events are taken whole or not at all", async () => {
    const client = lab.client(form);
    const agent = await lab.agent(client);
    const made = lab.session(client, {}, { agent: agent.id, initial_events: [message("Fine."), message("")] });
    const error = await refused(made, Anthropic.BadRequestError);
    expect(error.apiMessage).toMatch(/^initial_events\.1\.user_message\.content\.0\.text: /);
    const { data } = await client.beta.sessions.list({ agent_id: agent.id, include_archived: true });
    expect(data).toEqual([]);
  });

  test("initial_events make a session that is born running and are not echoed", async () => {
    const client = lab.client(form);
    const [agent, environmentId] = [await lab.agent(client), await lab.environmentId(client)];
    const text = lab.script({ ...say("Born."), hold: "before_headers" });
    const made = await client.beta.sessions.create({
      agent: agent.id,
      environment_id: environmentId,
      initial_events: [message("First."), message(text)],
    });
    expect(made.status).toBe("running");
    expect(made).not.toHaveProperty("initial_events");
    await lab.model.held();
    const reader = await open(client, made.id);
    lab.model.release();
    await reader.idle();
    reader.close();
    const { data } = await client.beta.sessions.events.list(made.id, { types: ["user.message", "agent.message"] });
    expect(data.map((event) => "content" in event && event.content)).toEqual([
      message("First.").content,
      message(text).content,
      [{ type: "text", text: "Born." }],
    ]);
    const empty = await client.beta.sessions.create({
      agent: agent.id,
      environment_id: environmentId,
      initial_events: [],
    });
    expect(empty.status).toBe("idle");
  });

  test("archive keeps the history, hides the session and refuses all input without a retry", async () => {
    const { client, session } = await lab.talk(form);
    await turn(client, session.id, [message(lab.script(say("Kept.")))]);
    const before = await client.beta.sessions.events.list(session.id);
    const reader = await open(client, session.id);
    const archived = await client.beta.sessions.archive(session.id);
    expect([archived.status, archived.archived_at]).toEqual(["terminated", expect.any(String)]);
    expect((await client.beta.sessions.archive(session.id)).archived_at).toBe(archived.archived_at);
    await reader.nth("session.status_terminated");
    reader.close();
    expect((await client.beta.sessions.events.list(session.id)).data).toEqual(before.data);
    expect((await client.beta.sessions.retrieve(session.id)).status).toBe("terminated");

    for (const event of [message("More?"), { type: "user.interrupt" as const }]) {
      const sent = lab.wire.count("POST", `/v1/sessions/${session.id}/events`);
      const error = await refused(send(client, session.id, event), Anthropic.ConflictError);
      expect(error.type).toBe("invalid_request_error");
      expect(lab.wire.count("POST", `/v1/sessions/${session.id}/events`) - sent).toBe(1);
    }

    const listed = async (more: object) =>
      (await client.beta.sessions.list({ agent_id: session.agent.id, ...more })).data.map(({ id, status }) => [
        id,
        status,
      ]);
    expect(await listed({})).toEqual([]);
    expect(await listed({ include_archived: true })).toEqual([[session.id, "terminated"]]);
    expect(await listed({ statuses: ["terminated"] })).toEqual([[session.id, "terminated"]]);
    const threads = await client.beta.sessions.threads.list(session.id);
    expect(threads.data.map(({ status, archived_at }) => [status, archived_at])).toEqual([["idle", null]]);
  });

  test("delete ends the streams and leaves a 404", async () => {
    const { client, session } = await lab.talk(form);
    await turn(client, session.id, [message(lab.script(say("Gone soon.")))]);
    const reader = await open(client, session.id);
    expect(await client.beta.sessions.delete(session.id)).toEqual({ type: "session_deleted", id: session.id });
    expect(await reader.ended()).toBe("clean");
    expect(reader.types()).toEqual(["session.deleted"]);
    const { sessions } = client.beta;
    for (const call of [
      () => sessions.retrieve(session.id),
      () => sessions.delete(session.id),
      () => sessions.archive(session.id),
      () => sessions.events.list(session.id),
      () => sessions.events.stream(session.id),
      () => sessions.events.send(session.id, { events: [message("Anyone?")] }),
      () => sessions.threads.list(session.id),
    ]) {
      await refused(call(), Anthropic.NotFoundError);
    }
    const { data } = await sessions.list({ agent_id: session.agent.id, include_archived: true });
    expect(data).toEqual([]);
  });

  test("a running session is not archived or deleted, and is listed as running", async () => {
    const { client, session } = await lab.talk(form);
    const reader = await open(client, session.id);
    const text = lab.script({ ...say("Done."), hold: "before_headers" });
    await send(client, session.id, message(text));
    await lab.model.held();
    for (const call of ["archive", "delete"] as const) {
      const error = await refused(client.beta.sessions[call](session.id), Anthropic.BadRequestError);
      expect(error.message).toContain("user.interrupt");
    }
    expect((await client.beta.sessions.retrieve(session.id)).status).toBe("running");
    lab.model.release();
    await reader.idle();
    reader.close();
    expect((await client.beta.sessions.archive(session.id)).status).toBe("terminated");
  });

  listTests(lab, form);
  threadTests(lab, form);
});

reportRules(["schema", "id-pattern", "timestamp", "stamp", "stop-details", "money", "stream.deleted-last"]);
