/** What an operator does, as those feel it who use the SDK: the real Worker, its D1, its sessions, and a model server that counts. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Anthropic from "@anthropic-ai/sdk";
import { afterEach, expect, test } from "vitest";
import { type Answer, say } from "../../support/model-server/answer.ts";
import { OTHER_KEY, type Server, startServer, TEST_KEY } from "../../support/server.ts";
import { clientOf, PLAIN } from "./forms.ts";
import { MODEL, useLab } from "./lab.ts";
import { message, open, type Reader, send, turn } from "./reader.ts";
import { refused } from "./refusal.ts";

const OPERATOR = "sk-operator";
/** More than any turn here takes. */
const ROUNDS = 200;
const SECOND = "sk-second";
const vars = {
  API_KEYS: `test:${TEST_KEY},second:${SECOND},other/second:${OTHER_KEY}`,
  OPERATOR_KEYS: `night:${OPERATOR}`,
};
const lab = useLab({ vars });
const toolset = { type: "agent_toolset_20260401" as const };
const cents = (amount: string) => ({ type: "limit" as const, max_list_cost: { amount, currency: "USD" as const } });
const again = { blocks: [{ type: "tool_use" as const, name: "bash", input: { command: "sleep 0.05" } }] };

async function operate(action: string, body?: object, url = lab.server.url): Promise<Record<string, unknown>> {
  const init = body ? { method: "POST", body: JSON.stringify(body) } : {};
  const headers = { "x-api-key": OPERATOR, "content-type": "application/json" };
  const response = await fetch(`${url}/x/operator/${action}`, { ...init, headers });
  expect(response.status).toBe(200);
  return (await response.json()) as Record<string, unknown>;
}

/** A conversation whose answers can be replaced: what it is to say from now on, whatever it has said before. */
function talk(...answers: Answer[]): { prompt: string; now(answer: Answer): void } {
  const key = lab.word("operated");
  lab.model.script(key, answers);
  const now = (answer: Answer) =>
    lab.model.script(
      key,
      Array.from({ length: ROUNDS }, () => answer),
    );
  return { prompt: `Please [script:${key}]`, now };
}
const forever = (answer: Answer) => Array.from({ length: ROUNDS }, () => answer);
const reason = (reader: Reader) => reader.of("session.status_idle").at(-1)?.stop_reason.type;
const asked = () => lab.model.journal.entries.filter(({ path }) => path === "/v1/messages").length;
const stop = (reason: string, workspace = "default") => operate("stop", { workspace, reason });
const start = (workspace = "default") => operate("start", { workspace });

interface Status {
  workspaces: { workspace: string; running_sessions: number; spent_today: { amount: string } }[];
}
const ours = async () => {
  const { workspaces } = (await operate("status")) as unknown as Status;
  return workspaces.find(({ workspace }) => workspace === "default");
};

/** A session whose turn the model holds in the middle of its answer, with a message queued behind it. */
async function heldWith(queued: string) {
  const { client, session } = await lab.talk();
  const { prompt, now } = talk({ ...say("a long answer"), hold: "after_first_delta" });
  const reader = await open(client, session.id);
  await send(client, session.id, message(prompt));
  await lab.model.held();
  await send(client, session.id, message(queued));
  return { client, session, reader, now };
}

/** A session whose model asks for one call after the other. */
async function looping(answer: Answer = again) {
  const { client, session } = await lab.talk(PLAIN, { tools: [toolset] });
  const { prompt, now } = talk(...forever(answer));
  const reader = await open(client, session.id);
  return { client, session, reader, prompt, now, begin: () => send(client, session.id, message(prompt)) };
}

// What one test leaves behind must not be the next one's.
afterEach(async () => {
  await start();
  await operate("limits", { workspace: "default", running_sessions: null, cents_per_day: null });
});

test("a stop ends the turn under way and says why, keeps what was sent, and asks the model nothing more", async () => {
  const { client, session, reader, now, begin } = await looping();
  await begin();
  await reader.nth("agent.tool_result", 3);
  await expect.poll(async () => (await ours())?.running_sessions).toBe(1);
  const stopped = await stop("too many loops");
  expect(stopped).toMatchObject({ running_sessions: 1, sessions: [{ id: session.id, workspace: "default" }] });
  const idle = await reader.idle();
  const after = asked();
  expect(idle.stop_reason).toEqual({ type: "retries_exhausted" });
  expect(reader.of("session.error").map(({ error }) => error)).toMatchObject([
    { type: "unknown_error", retry_status: { type: "exhausted" }, message: expect.stringContaining("too many loops") },
  ]);
  const before = lab.wire.exchanges.length;
  const refusal = await refused(send(client, session.id, message("more")), Anthropic.PermissionDeniedError);
  expect(refusal.apiMessage).toContain("too many loops");
  expect(lab.wire.exchanges.length - before).toBe(1);
  await refused(
    client.beta.sessions.create({ agent: session.agent.id, environment_id: session.environment_id }),
    Anthropic.PermissionDeniedError,
  );
  // Another workspace goes on.
  const other = lab.other();
  const theirs = await lab.agent(other);
  const environment = await lab.environmentId(other);
  const fresh = await other.beta.sessions.create({ agent: theirs.id, environment_id: environment });
  await turn(other, fresh.id, [message("and you?")]);
  expect(asked()).toBe(after + 1);
  await other.beta.sessions.delete(fresh.id);
  lab.wire.sessions.delete(fresh.id);
  await start();
  now(say("Done."));
  const next = await turn(client, session.id, [message("Go on.")]);
  expect(reason(next)).toBe("end_turn");
});

test("what was queued when the turn was stopped is in the next prompt, and the request that was cut is charged", async () => {
  const { client, session, reader, now } = await heldWith("queued meanwhile");
  await stop("drill");
  await reader.idle();
  lab.model.release();
  const usage = (await client.beta.sessions.retrieve(session.id)).usage;
  expect(usage?.input_tokens).toBeGreaterThan(0);
  await start();
  now(say("Back."));
  await turn(client, session.id, [message("and now")]);
  const sent = lab.model.journal.entries.at(-1)?.raw?.toString() ?? "";
  expect(sent).toContain("queued meanwhile");
});

test("an interrupt on a stopped workspace begins no turn of what was queued", async () => {
  const { client, session, reader, now } = await heldWith("queued before the stop");
  const count = asked();
  now(say("Back."));
  await stop("drill");
  await send(client, session.id, { type: "user.interrupt" });
  expect((await client.beta.sessions.retrieve(session.id)).status).toBe("idle");
  await reader.idle();
  expect(asked()).toBe(count);
  lab.model.release();
  await start();
  expect(reason(await turn(client, session.id, [message("Go on.")]))).toBe("end_turn");
  expect(asked()).toBe(count + 1);
  expect(lab.model.journal.entries.at(-1)?.raw?.toString()).toContain("queued before the stop");
});

test("an operator ends the turn of one session, whose queue then waits, and every other session goes on", async () => {
  const busy = await looping();
  await busy.begin();
  const { client, session, reader, now } = await heldWith("queued before the interrupt");
  now(say("Back."));
  expect((await operate(`sessions/${session.id}/health`)).health).toMatchObject({ status: "running", inbox: 1 });
  expect(await operate("interrupt", { session_id: session.id })).toEqual({
    type: "operator_interrupt",
    session_id: session.id,
    workspace: "default",
    was: "running",
    status: "idle",
  });
  expect((await reader.idle()).stop_reason.type).toBe("end_turn");
  expect(reader.of("user.interrupt")).toHaveLength(1);
  const before = busy.reader.of("agent.tool_result").length;
  await busy.reader.nth("agent.tool_result", before + 2);
  expect((await operate(`sessions/${session.id}/health`)).health).toMatchObject({ status: "idle", open_request: null });
  lab.model.release();
  busy.now(say("Done."));
  await busy.reader.idle();
  expect(reason(await turn(client, session.id, [message("Go on.")]))).toBe("end_turn");
  expect(lab.model.journal.entries.at(-1)?.raw?.toString()).toContain("queued before the interrupt");
});

test("a stop holds across a restart: a turn that was cut off ends before it gets anywhere, and goes on when it is started", async () => {
  const state = await mkdtemp(join(tmpdir(), "sinew-stop-"));
  const options = { state, modelUrl: lab.model.url, vars: { ...vars, RETRY_BASE_MS: "1" } };
  let server: Server = await startServer(options);
  const client = () => clientOf(PLAIN, TEST_KEY, { baseURL: server.url });
  const agent = await client().beta.agents.create({ name: "restarted", model: MODEL });
  const environment = await client().beta.environments.create({ name: "restarted", config: { type: "cloud" } });
  const session = await client().beta.sessions.create({ agent: agent.id, environment_id: environment.id });
  const { prompt, now } = talk({ ...say("never read"), hold: "after_first_delta" });
  await send(client(), session.id, message(prompt));
  await lab.model.held();
  await operate("keys/revoke", { name: "second" }, server.url);
  await Promise.all([operate("stop", { workspace: "*", reason: "fire drill" }, server.url), asked()]);
  await server.kill();
  const count = asked();
  lab.model.release();
  server = await startServer(options);
  await refused(clientOf(PLAIN, SECOND, { baseURL: server.url }).beta.agents.list(), Anthropic.AuthenticationError);
  const reader = await open(client(), session.id);
  const ended = async () => (await client().beta.sessions.retrieve(session.id)).status === "idle";
  if (!(await ended())) await reader.idle();
  const events: string[] = [];
  for await (const event of client().beta.sessions.events.list(session.id)) events.push(event.type);
  expect(events.filter((type) => type === "session.error")).toHaveLength(1);
  expect(events.at(-1)).toBe("session.status_idle");
  // What the new instance asks before D1 has told it of the stop is cut, unread.
  expect(events).not.toContain("agent.message");
  const cut = asked();
  expect(cut - count).toBeLessThanOrEqual(1);
  await operate("start", { workspace: "*" }, server.url);
  now(say("Back."));
  const next = await turn(client(), session.id, [message("Go on.")]);
  expect(reason(next)).toBe("end_turn");
  expect(asked()).toBe(cut + 1);
  reader.close();
  await server.stop();
  await rm(state, { recursive: true, force: true });
});

test("a post and a stop at the same time: whatever was let in has ended, and nothing begins after it", async () => {
  const { client, session, reader, prompt } = await looping();
  const [post] = await Promise.allSettled([send(client, session.id, message(prompt)), stop("race")]);
  if (post.status === "fulfilled") expect((await reader.idle()).stop_reason.type).toBe("retries_exhausted");
  else expect(post.reason).toBeInstanceOf(Anthropic.PermissionDeniedError);
  const count = asked();
  await refused(send(client, session.id, message(prompt)), Anthropic.PermissionDeniedError);
  expect((await client.beta.sessions.retrieve(session.id)).status).toBe("idle");
  expect(asked()).toBe(count);
  await start();
});

test("a revoked key ends its requests, its stream and its socket, and leaves those of its neighbour alone", async () => {
  const client = lab.client();
  const second = lab.client(PLAIN, { key: SECOND });
  const session = await lab.session(client);
  const [own, theirs] = [await open(client, session.id), await open(second, session.id)];
  const socket = new WebSocket(`${lab.server.url.replace("http", "ws")}/x/sessions/${session.id}/socket`, {
    headers: { "x-api-key": SECOND },
  } as never);
  const closed = new Promise<CloseEvent>((resolve) => socket.addEventListener("close", resolve));
  await new Promise((resolve) => socket.addEventListener("message", resolve, { once: true }));
  await operate("keys/revoke", { name: "second" });
  await refused(second.beta.agents.list(), Anthropic.AuthenticationError);
  expect((await closed).code).toBe(1008);
  expect(await theirs.ended()).toBe("broken");
  expect(theirs.thrown).toBeInstanceOf(Anthropic.APIError);
  expect(theirs.thrown).toMatchObject({ type: "authentication_error", message: expect.stringContaining("revoked") });
  await turn(client, session.id, [message("still here")]);
  expect(own.end).toBeNull();
  await operate("keys/restore", { name: "second" });
  expect((await second.beta.sessions.retrieve(session.id)).id).toBe(session.id);
});

test("a day's money: what crosses the limit ends with a billing_error, and the next message is a 429 that is not tried again", async () => {
  const spent = Number((await ours())?.spent_today.amount);
  await operate("limits", { workspace: "default", cents_per_day: spent + 100 });
  // 250,000 tokens at 2 USD per million: fifty cents a request.
  const dear = { ...again, usage: { input_tokens: 250_000, output_tokens: 1 }, pace: { first_ms: 300, gap_ms: 0 } };
  const { client, session, reader, now, begin } = await looping(dear);
  await begin();
  const idle = await reader.idle();
  expect(idle.stop_reason.type).toBe("retries_exhausted");
  expect(reader.of("session.error").map(({ error }) => error.type)).toEqual(["billing_error"]);
  const before = lab.wire.exchanges.length;
  const refusal = await refused(send(client, session.id, message("more")), Anthropic.RateLimitError);
  expect(refusal.headers?.get("retry-after")).toBeNull();
  expect(lab.wire.exchanges.length - before).toBe(1);
  await operate("limits", { workspace: "default", cents_per_day: null });
  now(say("Done."));
  const next = await turn(client, session.id, [message("Go on.")]);
  expect(reason(next)).toBe("end_turn");
  // The day's sum is the session's own figure, though it was told every second; and it stays when the session goes.
  const cost = Number((await client.beta.sessions.retrieve(session.id)).usage?.list_cost?.amount);
  await client.beta.sessions.delete(session.id);
  lab.wire.sessions.delete(session.id);
  expect(Math.abs(Number((await ours())?.spent_today.amount) - spent - cost)).toBeLessThanOrEqual(2);
});

test("a full workspace answers 429 with retry-after, and the SDK's own retry gets in when there is room", async () => {
  const client = lab.client();
  const [one, two] = [await lab.session(client), await lab.session(client)];
  await operate("limits", { workspace: "default", running_sessions: 1 });
  const first = await open(client, one.id);
  await send(client, one.id, message(lab.script({ ...say("held"), hold: "before_stop" })));
  await lab.model.held();
  const impatient = lab.client(PLAIN, { maxRetries: 0 });
  const refusal = await refused(send(impatient, two.id, message("me too")), Anthropic.RateLimitError);
  expect(refusal.headers?.get("retry-after")).toBe("2");
  // One that runs already is not asked for room.
  await send(client, one.id, message("and this"));
  const before = lab.wire.exchanges.length;
  const second = turn(client, two.id, [message("me too")]);
  await expect.poll(() => lab.wire.exchanges.slice(before).some(({ status }) => status === 429)).toBe(true);
  lab.model.release();
  await first.idle();
  expect(reason(await second)).toBe("end_turn");
  await operate("limits", { workspace: "default", running_sessions: null });
});

test("a raised budget lets a paused session go on only where there is room", async () => {
  const client = lab.client(PLAIN, { maxRetries: 0 });
  const session = await lab.session(client, { tools: [toolset] }, { budget: cents("1") });
  // Two cents and a call: the budget stops the turn before its second request.
  const prompt = lab.script({ ...again, usage: { input_tokens: 10_000, output_tokens: 1 } }, say("Went on."));
  expect(reason(await turn(client, session.id, [message(prompt)]))).toBe("budget_reached");
  await operate("limits", { workspace: "default", running_sessions: 0 });
  for (const budget of [cents("500"), null])
    expect(
      (await refused(client.beta.sessions.update(session.id, { budget }), Anthropic.RateLimitError)).apiMessage,
    ).toContain("may run 0 sessions");
  const renamed = await client.beta.sessions.update(session.id, { title: "waits" });
  expect(renamed).toMatchObject({ status: "idle", budget: cents("1"), title: "waits" });
  await operate("limits", { workspace: "default", running_sessions: null });
  const reader = await open(client, session.id);
  await client.beta.sessions.update(session.id, { budget: cents("500") });
  expect((await reader.idle()).stop_reason.type).toBe("end_turn");
});
