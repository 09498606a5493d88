/** The watch over the wire must see what is wrong: a server that answers badly, and the same one answering well. */
import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { expandLog } from "../golden/expand.ts";
import { plainText } from "../golden/turns.ts";
import { SAMPLES } from "../validator/controls/samples.ts";
import { Wire } from "./wire.ts";

const REQUEST_ID = "req_01111111111111111111111z";
const SESSION_PATH = "/v1/sessions/sesn_x";
const STREAM_PATH = `${SESSION_PATH}/events/stream`;
const EVENTS = expandLog(plainText.expected);

const wire = new Wire();
let http: Server;
let url: string;
/** What the next request gets. */
let answer: (res: ServerResponse) => void;

beforeAll(async () => {
  http = createServer((_, res) => answer(res)).listen(0, "127.0.0.1");
  await once(http, "listening");
  url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
});
afterEach(() => wire.forget());
afterAll(() => http.close());

const json = (value: unknown, status = 200, headers: Record<string, string> = {}) => {
  answer = (res) => {
    res.writeHead(status, { "content-type": "application/json", "request-id": REQUEST_ID, ...headers });
    res.end(JSON.stringify(value));
  };
};
const sse = (...blocks: string[]) => {
  answer = (res) => {
    res.writeHead(200, { "content-type": "text/event-stream", "request-id": REQUEST_ID });
    res.end(blocks.map((block) => `${block}\n\n`).join(""));
  };
};
const frame = (event: unknown) => `event: message\ndata: ${JSON.stringify(event)}`;
const envelope = { type: "error", error: { type: "not_found_error", message: "gone" }, request_id: REQUEST_ID };
const refusal = `event: error\ndata: ${JSON.stringify(envelope)}`;

async function problemsOf(path: string): Promise<string[]> {
  await (await wire.fetch(`${url}${path}`)).text();
  wire.checkStreams();
  return [...wire.problems];
}

describe("bodies", () => {
  test.each<[string, () => void, string]>([
    ["a right body", () => json(SAMPLES.session), ""],
    ["a right error", () => json(envelope, 404), ""],
    ["a body with a wrong field", () => json({ ...SAMPLES.session, status: "done" }), "[schema]"],
    ["a body with a wrong id", () => json({ ...SAMPLES.session, id: "sesn_1" }), "[id-pattern]"],
    ["a body of another kind", () => json(SAMPLES.agent), "[schema]"],
    ["an error without its envelope", () => json({ message: "gone" }, 404), "[schema]"],
    [
      "an error of another request",
      () => json({ ...envelope, request_id: `${REQUEST_ID.slice(0, -1)}y` }, 404),
      "differs",
    ],
    ["no request id", () => json(SAMPLES.session, 200, { "request-id": "" }), "request-id"],
    ["no JSON", () => json(SAMPLES.session, 200, { "content-type": "text/plain" }), "content-type"],
  ])("%s", async (_, set, problem) => {
    set();
    const problems = await problemsOf(SESSION_PATH);
    if (problem) expect(problems.join()).toContain(problem);
    else expect(problems).toEqual([]);
  });

  test("a route that nobody knows", async () => {
    json(SAMPLES.session);
    expect(await problemsOf("/v1/unknown")).toHaveLength(1);
  });
});

describe("an environment's state, which the types do not have", () => {
  const environment = SAMPLES.environment as object;
  test.each([
    ["active", 0],
    ["archived", 1],
    [undefined, 1],
  ])("%s", async (state, problems) => {
    json({ ...environment, state });
    expect(await problemsOf("/v1/environments/env_x")).toHaveLength(problems);
    json({ data: [{ ...environment, state }], next_page: null });
    expect(await problemsOf("/v1/environments")).toHaveLength(2 * problems);
  });
});

describe("streams", () => {
  test.each<[string, string[], string]>([
    ["a right stream", [": connected", ...EVENTS.map(frame), ":keepalive"], ""],
    ["no connected comment", EVENTS.map(frame), "began with"],
    ["a frame of another form", [": connected", `id: 1\n${frame(EVENTS[0])}`], "not one event"],
    ["a wrong event", [": connected", frame({ ...EVENTS[0], more: 1 })], "[schema]"],
    ["a refusal at its end", [": connected", frame(EVENTS[0]), refusal], ""],
    ["a refusal without its envelope", [": connected", 'event: error\ndata: {"message":"gone"}'], "[schema]"],
    ["an event after a refusal", [": connected", refusal, frame(EVENTS[0])], "goes on after"],
    ["an event twice", [": connected", frame(EVENTS[0]), frame(EVENTS[0])], "[stream.stored-once]"],
  ])("%s", async (_, blocks, problem) => {
    sse(...blocks);
    const problems = await problemsOf(STREAM_PATH);
    if (problem) expect(problems.join()).toContain(problem);
    else expect(problems).toEqual([]);
  });
});

test("a log in a wrong order, and one that differs from the stream", async () => {
  sse(": connected", ...EVENTS.map(frame));
  await (await wire.fetch(`${url}${STREAM_PATH}`)).text();
  wire.checkLog("sesn_x", EVENTS);
  expect(wire.problems).toEqual([]);
  wire.checkLog("sesn_x", [...EVENTS].reverse());
  expect(wire.problems.join()).toContain("[log.stamps-rise]");
  wire.problems.length = 0;
  const [first, second, ...rest] = EVENTS;
  wire.checkLog("sesn_x", [{ ...first, processed_at: "2026-01-01T00:00:00.000000Z" }, second, ...rest]);
  expect(wire.problems).toEqual([expect.stringContaining("streamed unlike listed")]);
});

test("keeps what passed, and forgets it", async () => {
  json(SAMPLES.session);
  await wire.fetch(`${url}/v1/sessions`, { method: "POST", body: "{}" });
  expect([wire.count("POST", "/v1/sessions"), wire.sessions.size]).toEqual([1, 1]);
  json({ type: "session_deleted", id: (SAMPLES.session as { id: string }).id });
  await wire.fetch(`${url}${SESSION_PATH}`, { method: "DELETE" });
  expect(wire.sessions.size).toBe(0);
  wire.forget();
  expect(wire.exchanges).toEqual([]);
});
