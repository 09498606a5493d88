/**
 * No request about one session waits for D1: the real Worker and its sessions on a D1 that answers late, or never. D1 hangs for longer than any
 * test runs, and what gives up on it says so in the log: what is answered before such a line has waited for nothing.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import Anthropic from "@anthropic-ai/sdk";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Built } from "../../src/cli/serve.ts";
import { buildHost } from "../support/host.ts";
import { say } from "../support/model-server/answer.ts";
import { startModelServer } from "../support/model-server/server.ts";
import { type Server, startServer, TEST_KEY } from "../support/server.ts";
import type { Pace } from "../support/slow-d1.ts";

const OPERATOR = "sk-operator";
const SECOND_KEY = "sk-second";
const MODEL = "claude-opus-5-5";
/** What `effective_within_seconds` promises, and some for a slow machine. */
const KNOWN_WITHIN_MS = 6_000;

let model: Awaited<ReturnType<typeof startModelServer>>;
let built: Built;
let state: string;
let server: Server;

const start = async (D1_PACE: Pace = "normal") => {
  const API_KEYS = `test:${TEST_KEY},second:${SECOND_KEY}`;
  const vars = { API_KEYS, OPERATOR_KEYS: `night:${OPERATOR}`, D1_PACE, RETRY_BASE_MS: "1" };
  server = await startServer({ built, state, modelUrl: model.url, vars });
};
/** A fresh isolate, which has heard of nobody. */
const restart = async (pace: Pace) => {
  await server.kill();
  await start(pace);
};
const paced = (pace: Pace) => fetch(`${server.url}/d1/${pace}`, { method: "POST" });
/** Whether anybody has given up waiting for D1. */
const gaveUp = () => /"event":"(standing|catalog|error|sweep)"/.test(server.output());

beforeAll(async () => {
  model = await startModelServer({ default: say("one two three") });
  built = (await buildHost(resolve(import.meta.dirname, "../support/slow-d1-host.ts"))).built;
  state = await mkdtemp(join(tmpdir(), "sinew-"));
  await start();
});
afterEach(async () => {
  model.release();
  await paced("normal");
  await operate("start", { workspace: "default" });
});
afterAll(async () => {
  await server?.stop();
  await model?.close();
  await rm(state, { recursive: true, force: true });
});

const client = (apiKey = TEST_KEY) => new Anthropic({ baseURL: server.url, apiKey, maxRetries: 0 }).beta;
const message = (text: string) => ({ type: "user.message" as const, content: [{ type: "text" as const, text }] });
const send = (session: string, text: string) => client().sessions.events.send(session, { events: [message(text)] });

async function operate(action: string, body: object): Promise<void> {
  const headers = { "x-api-key": OPERATOR, "content-type": "application/json" };
  const answer = await fetch(`${server.url}/x/operator/${action}`, {
    method: "POST",
    headers,
    body: JSON.stringify(body),
  });
  expect(answer.status).toBe(200);
}

async function newSession(): Promise<string> {
  const environment = await client().environments.create({ name: crypto.randomUUID() });
  const agent = await client().agents.create({ name: "slow", model: MODEL });
  return (await client().sessions.create({ agent: agent.id, environment_id: environment.id })).id;
}

const asked = () => model.journal.entries.filter(({ path }) => path === "/v1/messages").length;

/** Waits for the end of the turn. */
async function idle(session: string, by = client()): Promise<void> {
  const status = async () => (await by.sessions.retrieve(session)).status;
  await expect.poll(status, { timeout: KNOWN_WITHIN_MS }).toBe("idle");
}

/** The errors of the session, once its turn is over. */
async function errors(session: string, by = client()): Promise<unknown[]> {
  await idle(session, by);
  return (await by.sessions.events.list(session, { types: ["session.error"] })).data;
}

/** The frames of a stream, from now on. */
async function open(session: string) {
  const stream = await client().sessions.events.stream(session, { event_deltas: ["agent.message"] });
  const frames = stream[Symbol.asyncIterator]();
  const until = async (type: string) => {
    for (;;) {
      const { value, done } = await frames.next();
      if (done) throw new Error(`the stream ended before ${type}`);
      if (value.type === type) return value;
    }
  };
  return { until, close: () => stream.controller.abort() };
}

test("in an isolate that has heard nothing, on a D1 that hangs, a message has its answer before anybody gives up on D1", async () => {
  const session = await newSession();
  await restart("hanging");
  const stream = await open(session);
  const [sent] = await Promise.all([send(session, "hello"), stream.until("event_delta")]);
  expect(gaveUp()).toBe(false);
  await stream.until("session.status_idle");
  stream.close();
  expect(sent.data?.[0]?.type).toBe("user.message");
  expect((await client().sessions.retrieve(session)).id).toBe(session);
  expect((await client().sessions.events.list(session)).data.length).toBeGreaterThan(2);
  expect((await client().sessions.threads.list(session)).data).toHaveLength(1);
  expect((await fetch(`${server.url}/v1/models`, { headers: headersOf() })).status).toBe(200);
  expect((await fetch(`${server.url}/x/sessions/${session}/health`, { headers: headersOf() })).status).toBe(200);
  expect(gaveUp()).toBe(false);
  // The control: what uses the catalog does wait, and says so.
  await expect(client().agents.list({}, { timeout: 8_000 })).rejects.toThrow();
  expect(gaveUp()).toBe(true);
});

test("the same where what was heard is old: nobody waits for a newer answer", async () => {
  const session = await newSession();
  await paced("hanging");
  // Older than the age at which an answer refuses nobody any more.
  await new Promise((resolve) => setTimeout(resolve, 4_500));
  const before = server.output().length;
  const stream = await open(session);
  await Promise.all([send(session, "hello"), stream.until("event_delta")]);
  expect(server.output().slice(before)).not.toMatch(/"event":"standing"/);
  stream.close();
});

test("a turn that an instance found under way asks its model before D1 has answered", async () => {
  const session = await newSession();
  const key = `slow-${crypto.randomUUID().slice(0, 8)}`;
  model.script(key, [{ ...say("a long answer"), hold: "before_headers" }, say("again")]);
  await send(session, `Please [script:${key}]`);
  await model.held();
  const before = asked();
  await restart("hanging");
  await client().sessions.retrieve(session);
  await expect.poll(asked, { timeout: KNOWN_WITHIN_MS }).toBe(before + 1);
  expect(gaveUp()).toBe(false);
  model.release();
  await idle(session);
});

test("a stop ends the turn under way on a D1 that is late, and refuses the next message", async () => {
  const session = await newSession();
  await paced("delayed");
  const key = `slow-${crypto.randomUUID().slice(0, 8)}`;
  model.script(key, [{ ...say("a long answer"), hold: "after_first_delta" }]);
  const stream = await open(session);
  await send(session, `Please [script:${key}]`);
  await model.held();
  await operate("stop", { workspace: "default", reason: "drill" });
  expect(await stream.until("session.error")).toMatchObject({ error: { message: expect.stringContaining("drill") } });
  await stream.until("session.status_idle");
  stream.close();
  await expect(send(session, "more")).rejects.toThrow("drill");
});

test("a message that an isolate lets in, not having heard of the stop, begins a turn that ends within the watch's second", async () => {
  const session = await newSession();
  await operate("stop", { workspace: "default", reason: "drill" });
  await restart("hanging");
  const key = `slow-${crypto.randomUUID().slice(0, 8)}`;
  model.script(key, [{ ...say("a long answer"), hold: "after_first_delta" }]);
  await send(session, `Please [script:${key}]`);
  await paced("delayed");
  expect(await errors(session)).toMatchObject([{ error: { message: expect.stringContaining("drill") } }]);
  await expect(send(session, "more")).rejects.toThrow("drill");
});

test("a revoked key is refused within its bound, and the turn that it began unheard is ended", async () => {
  const session = await newSession();
  const status = async () => (await fetch(`${server.url}/v1/sessions/${session}`, { headers: headersOf() })).status;
  await operate("keys/revoke", { name: "test" });
  await expect.poll(status, { timeout: KNOWN_WITHIN_MS }).toBe(401);
  await operate("keys/restore", { name: "test" });
  await expect.poll(status, { timeout: KNOWN_WITHIN_MS }).toBe(200);
  await operate("keys/revoke", { name: "test" });
  await restart("hanging");
  const key = `slow-${crypto.randomUUID().slice(0, 8)}`;
  model.script(key, [{ ...say("a long answer"), hold: "after_first_delta" }]);
  await send(session, `Please [script:${key}]`);
  await paced("delayed");
  expect(await errors(session, client(SECOND_KEY))).toMatchObject([
    { error: { message: expect.stringContaining("revoked the API key test") } },
  ]);
  await operate("keys/restore", { name: "test" });
});

function headersOf(): Record<string, string> {
  return { "x-api-key": TEST_KEY, "anthropic-version": "2023-06-01", "anthropic-beta": "managed-agents-2026-04-01" };
}
