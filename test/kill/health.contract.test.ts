/** What an operator sees of a session that dies and goes on: its health, the line that a recovery writes, the lines of requests. */
import Anthropic from "@anthropic-ai/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { OpenHealth } from "../../src/protocol/health.ts";
import { startModelServer } from "../support/model-server/server.ts";
import { OTHER_KEY, type Server, startServer } from "../support/server.ts";

const SECRET = "nobody may read this in a log";

const model = await startModelServer();
let server: Server;
let client: Anthropic;
let session: string;

async function health(id: string, key = server.key): Promise<{ status: number; body: OpenHealth }> {
  const response = await fetch(`${server.url}/x/sessions/${id}/health`, { headers: { "x-api-key": key } });
  return { status: response.status, body: (await response.json()) as OpenHealth };
}

const say = (text: string) => ({ type: "user.message" as const, content: [{ type: "text" as const, text }] });

/** The Worker's own lines: JSON with the field, whatever else the process wrote. */
function lines(field: "recovery" | "request"): { [key: string]: unknown }[] {
  return server
    .output()
    .split("\n")
    .flatMap((line) => /\{"level".*\}/.exec(line)?.[0] ?? [])
    .map((line) => JSON.parse(line) as { [key: string]: unknown })
    .filter((line) => line.event === field);
}

async function begin(state?: string): Promise<void> {
  server = await startServer({
    modelUrl: model.url,
    vars: { RETRY_BASE_MS: "1", LOG: "info" },
    ...(state === undefined ? {} : { state }),
  });
  client = new Anthropic({ baseURL: server.url, apiKey: server.key });
}

beforeAll(async () => {
  await begin();
  const [agent, environment] = await Promise.all([
    client.beta.agents.create({
      name: "operated",
      model: "claude-sonnet-5-5",
      tools: [{ type: "custom", name: "ask", description: "Asks.", input_schema: { type: "object", properties: {} } }],
    }),
    client.beta.environments.create({ name: "operated" }),
  ]);
  session = (await client.beta.sessions.create({ agent: agent.id, environment_id: environment.id })).id;
});

afterAll(async () => {
  await server?.stop();
  await model.close();
});

describe("health", () => {
  it("of a session at rest names nothing open, and belongs to the workspace", async () => {
    expect((await health(session)).body).toEqual({
      closed: null,
      epoch: 1,
      boots: { in_turn: 0, streak: 0, last: null },
      status: "idle",
      open_calls: [],
      open_request: null,
      timers: {},
      inbox: 0,
      outbox_lag_seconds: 0,
      budget: null,
      spent: { list_cost: { amount: "0", currency: "USD" }, exact_usd: "0" },
      last_error: null,
    });
    expect((await health(session, OTHER_KEY)).status).toBe(404);
    expect((await health(`${session.slice(0, -1)}x`)).status).toBe(404);
  });

  it("names the open request, what waits, and the timers; after a crash also the boot", async () => {
    model.script("operated", [
      { blocks: [{ type: "tool_use", name: "ask", input: {} }], hold: "before_headers" },
      { blocks: [{ type: "text", text: "done" }], fault: { kind: "status", status: 500 }, times: 1 },
    ]);
    await client.beta.sessions.events.send(session, { events: [say(`[script:operated] ${SECRET}`)] });
    await model.held();
    await client.beta.sessions.events.send(session, { events: [say("one more")] });
    const before = (await health(session)).body;
    expect(before).toMatchObject({
      status: "running",
      inbox: 1,
      open_calls: [],
      boots: { in_turn: 0 },
      last_error: null,
    });
    expect(before.open_request).toMatchObject({ attempt: 1 });
    expect(Object.keys(before.timers).toSorted()).toContain("turn");
    for (const due of Object.values(before.timers)) expect(due).toMatch(/^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{6}Z$/);

    await server.kill();
    model.script("operated", [
      { blocks: [{ type: "tool_use", name: "ask", input: {} }] },
      { blocks: [{ type: "text", text: "done" }], fault: { kind: "status", status: 500 }, times: 1 },
    ]);
    await begin(server.state);
    const after = await until(session, (one) => one.status === "idle");
    expect(after.epoch).toBeGreaterThan(before.epoch);
    expect(after.boots).toMatchObject({ in_turn: 1, streak: 0, last: expect.stringMatching(/Z$/) });
    expect(after.open_calls).toMatchObject([{ name: "ask", waits_for: "client", dispatched: false }]);

    expect(lines("recovery")).toEqual([
      {
        level: "info",
        event: "recovery",
        session,
        epoch: after.epoch,
        boots: { in_turn: 1, streak: 1 },
        found: {
          seq: expect.any(Number),
          open_request: before.open_request?.id,
          attempt: 1,
          open_calls: 0,
          dispatched: 0,
          inbox: 1,
        },
        decided: "abandon",
      },
    ]);
  });

  it("tells the last error and when it was, and forgets the turn's boots with the turn", async () => {
    const { open_calls } = (await health(session)).body;
    await client.beta.sessions.events.send(session, {
      events: [
        {
          type: "user.custom_tool_result",
          custom_tool_use_id: open_calls[0]?.id ?? "",
          content: [{ type: "text", text: "yes" }],
        },
      ],
    });
    const after = await until(session, (one) => one.status === "idle" && one.open_calls.length === 0);
    expect(after.last_error).toMatchObject({ type: "model_request_failed_error", retry_status: "retrying" });
    expect(after.boots.in_turn).toBe(0);
    expect(after.inbox).toBe(0);
  });
});

describe("lines of requests", () => {
  it("have ids, route, status and time where LOG asks for them, and no content anywhere", async () => {
    await fetch(`${server.url}/v1/sessions/${SECRET.replaceAll(" ", "-")}`, { headers: { "x-api-key": server.key } });
    const found = lines("request");
    expect(found.find((line) => line.session === session && line.method === "POST")).toEqual({
      level: "info",
      event: "request",
      request_id: expect.stringMatching(/^req_01/),
      session,
      cred: "test",
      method: "POST",
      route: "/v1/sessions/:session_id/events",
      status: 200,
      ms: expect.any(Number),
    });
    expect(found.filter((line) => line.status === 404).map((line) => line.session)).not.toContain(SECRET);
    expect(server.output()).not.toContain("nobody");
  });

  it("are not written without the setting", async () => {
    const quiet = await startServer();
    const statuses = [
      await fetch(`${quiet.url}/healthz`),
      await fetch(`${quiet.url}/v1/agents`, { headers: { "x-api-key": "wrong" } }),
    ].map(({ status }) => status);
    await quiet.stop();
    expect(statuses).toEqual([200, 401]);
    expect(quiet.output()).toBe("");
  });
});

/** Asks until the answer fits. */
async function until(id: string, fits: (health: OpenHealth) => boolean): Promise<OpenHealth> {
  for (;;) {
    const { body } = await health(id);
    if (fits(body)) return body;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
