/** An operator and one session: whose it is, how it stands, and an end to its turn. */
import { beforeEach, expect, test, vi } from "vitest";
import type { Env } from "../../src/env.ts";
import { newId } from "../../src/protocol/ids.ts";
import { call, KEY, OTHER_KEY, testServer } from "./harness.ts";

const OPERATOR = "sk-operator";
const server = testServer();
const env = () => ({ ...server.env, OPERATOR_KEYS: `night:${OPERATOR}`, LOG: "info" }) as Env;
const operate = (method: string, path: string, body?: unknown, key = OPERATOR) =>
  call({ env: env() }, method, `/x/operator${path}`, body, { "x-api-key": key });
const audit = async () =>
  (await server.env.DB.prepare("SELECT operator, action, target, detail FROM operator_actions").all()).results;

/** A session of the workspace that the key belongs to. */
async function session(key: string): Promise<string> {
  const headers = { "x-api-key": key };
  const agent = await call(server, "POST", "/v1/agents", { name: "a", model: "rehearsal" }, headers);
  const environment = await call(server, "POST", "/v1/environments", { name: crypto.randomUUID() }, headers);
  const body = { agent: agent.body.id, environment_id: environment.body.id };
  return String((await call(server, "POST", "/v1/sessions", body, headers)).body.id);
}

let told: { mock: { calls: unknown[][] } };
beforeEach(async () => {
  await server.env.DB.prepare("DELETE FROM operator_actions").run();
  told = vi.spyOn(console, "log").mockImplementation(() => {});
});
const lines = () => told.mock.calls.map(([line]) => JSON.parse(String(line)) as { [key: string]: unknown });

test("health of any workspace's session, by its id alone", async () => {
  for (const [key, workspace] of [
    [KEY, "default"],
    [OTHER_KEY, "other"],
  ] as const) {
    const id = await session(key);
    const { status, body } = await operate("GET", `/sessions/${id}/health`);
    expect(status).toBe(200);
    expect(body).toMatchObject({ type: "operator_session", id, workspace, health: { status: "idle", epoch: 1 } });
    expect(body.health).toEqual(
      (await call(server, "GET", `/x/sessions/${id}/health`, undefined, { "x-api-key": key })).body,
    );
    expect((await operate("GET", `/sessions/${id.replace("sesn_", "session_")}/health`)).body.id).toBe(id);
  }
  expect(await audit()).toEqual([]);
});

test("an interrupt is the client's own event, lets nothing begin, and is noted", async () => {
  const id = await session(OTHER_KEY);
  const { status, body } = await operate("POST", "/interrupt", { session_id: id });
  expect(status).toBe(200);
  expect(body).toEqual({ type: "operator_interrupt", session_id: id, workspace: "other", was: "idle", status: "idle" });
  const sent = server.objects.calls.findLast(({ method }) => method === "emitEvents");
  expect(sent).toMatchObject({
    id,
    drafts: [{ type: "user.interrupt", body: "{}", content: null }],
    sender: { cred: "operator:night", key: null, held: true },
  });
  expect(await audit()).toEqual([
    { operator: "night", action: "interrupt", target: id, detail: JSON.stringify({ workspace: "other" }) },
  ]);
  expect(lines().filter(({ event }) => event !== "request")).toEqual([
    {
      level: "info",
      event: "operator",
      request_id: expect.stringMatching(/^req_01/),
      operator: "night",
      action: "interrupt",
      target: id,
    },
  ]);
  expect(lines().findLast(({ event }) => event === "request")).toMatchObject({ session: id, operator: "night" });
});

test.each([
  ["no session", {}, 400],
  ["a field that is not there", { session_id: newId("sesn"), reason: "x" }, 400],
  ["a mistyped id", { session_id: "sesn_01x" }, 404],
  ["the id of no session", { session_id: newId("sesn") }, 404],
  ["another resource's id", { session_id: newId("agent") }, 404],
])("an interrupt with %s reaches no session and is not noted", async (_, body, status) => {
  const before = server.objects.calls.length;
  expect((await operate("POST", "/interrupt", body)).status).toBe(status);
  expect(server.objects.calls.length).toBe(before);
  expect(await audit()).toEqual([]);
});

test("a session that cannot take it says so, and what it does not have is a 404", async () => {
  const id = await session(KEY);
  server.objects.refuseNext = true;
  const refused = await operate("POST", "/interrupt", { session_id: id });
  expect([refused.status, refused.body.error?.message]).toEqual([400, "refused by the object"]);
  expect((await operate("GET", `/sessions/${newId("sesn")}/health`)).status).toBe(404);
  expect((await operate("GET", "/sessions/nothing/health")).status).toBe(404);
});

test("a session that is listed and holds nothing is told apart from one that never was", async () => {
  const id = await session(OTHER_KEY);
  server.objects.sessions.delete(id);
  for (const answer of [
    await operate("GET", `/sessions/${id}/health`),
    await operate("POST", "/interrupt", { session_id: id }),
  ]) {
    expect(answer.status).toBe(404);
    expect(answer.body.error?.message).toMatch(/lists the session sesn_\w+ of the workspace other.*storage was lost/);
  }
  expect(await audit()).toEqual([]);
  const never = (await operate("GET", `/sessions/${newId("sesn")}/health`)).body.error?.message;
  expect(never).not.toContain("lists");
});

test("neither is for an API key", async () => {
  const id = await session(KEY);
  expect((await operate("GET", `/sessions/${id}/health`, undefined, KEY)).status).toBe(403);
  expect((await operate("POST", "/interrupt", { session_id: id }, KEY)).status).toBe(403);
  expect((await operate("GET", `/sessions/${id}/health`, undefined, "sk-wrong")).status).toBe(401);
});
