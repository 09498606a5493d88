/** The negative control of the fuzz: a wrong answer of each kind is noticed, and right ones are not. */
import { expect, it } from "vitest";
import { newId } from "../../src/protocol/ids.ts";
import { difference } from "./audit.ts";
import { compare } from "./batches.ts";
import { complaints } from "./fuzz.ts";
import { type RawRequest, type Reply, readReply } from "./http.ts";
import { judge, MAX_MESSAGE } from "./oracle.ts";
import { judgeFrame } from "./sockets.ts";
import { SECRETS } from "./world.ts";

const ID = newId("req");
const POST: RawRequest = {
  method: "POST",
  target: "/v1/agents",
  headers: [],
  body: Buffer.from("{}"),
  framing: "length",
};
const GET: RawRequest = { ...POST, method: "GET", target: "/v1/sessions/s/events/stream", body: null };
const ENVELOPE = {
  type: "error",
  error: { type: "invalid_request_error", message: "name: is required; send a string" },
  request_id: ID,
};

function reply(status: number, body: unknown, headers: Record<string, string> = {}): Reply {
  const all = { "request-id": ID, "content-type": "application/json", ...headers };
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return { status, headers: new Map(Object.entries(all)), body: Buffer.from(text), ms: 1 };
}
const judged = (request: RawRequest, answer: Reply | "closed" | "silent") =>
  judge({ request, reply: answer, secrets: SECRETS });
const said = (message: string) => ({ ...ENVELOPE, error: { ...ENVELOPE.error, message } });

it("finds nothing in right answers", () => {
  expect(judged(POST, reply(400, ENVELOPE))).toEqual([]);
  expect(judged(GET, reply(200, ": connected\n\n", { "content-type": "text/event-stream" }))).toEqual([]);
  expect(judged({ ...POST, method: "HEAD" }, reply(404, ""))).toEqual([]);
  expect(
    judged(
      { ...POST, target: "/v1/models", method: "GET" },
      reply(200, { data: [], has_more: false, first_id: null, last_id: null }),
    ),
  ).toEqual([]);
  const own = said("data.SQLITE: unknown key; remove it");
  expect(judged({ ...POST, body: Buffer.from('{"SQLITE":1}') }, reply(400, own))).toEqual([]);
});

it.each<[string, RawRequest, Reply | "closed" | "silent", string]>([
  ["a server error", POST, reply(500, ENVELOPE), "status 500"],
  [
    "an overload",
    POST,
    reply(529, { ...ENVELOPE, error: { type: "overloaded_error", message: "try again" } }),
    "status 529",
  ],
  ["a closed connection", POST, "closed", "no answer: closed"],
  ["silence", { ...POST, framing: "long" }, "silent", "no answer: silent"],
  ["no JSON", POST, reply(400, "oops"), "no JSON"],
  ["another content type", POST, reply(400, ENVELOPE, { "content-type": "text/html" }), "content-type"],
  ["a further key", POST, reply(400, { ...ENVELOPE, stack: "x" }), "envelope"],
  ["no request_id", POST, reply(400, { type: "error", error: ENVELOPE.error }), "envelope"],
  ["an unknown type", POST, reply(400, { ...ENVELOPE, error: { type: "odd", message: "name: send" } }), "envelope"],
  ["another request_id", POST, reply(400, { ...ENVELOPE, request_id: newId("req") }), "differs from the header"],
  ["no request-id", POST, reply(400, ENVELOPE, { "request-id": "" }), "request-id is"],
  ["a type of another status", POST, reply(404, ENVELOPE), "404 with invalid_request_error"],
  ["a stack", POST, reply(400, said("body: failed\n    at read (index.js:1:2)")), "inside"],
  ["a file", POST, reply(400, said("body: failed in scan.ts")), "inside"],
  ["SQL", POST, reply(400, said("name: D1_ERROR: no such column")), "inside"],
  ["an inside error", POST, reply(400, said("body: internal error")), "inside"],
  ["a value that was none", POST, reply(400, said("limit: must be at most undefined")), "inside"],
  ["no advice", POST, reply(400, said("nope")), "no advice"],
  ["a long message", POST, reply(400, said(`name: ${"x".repeat(MAX_MESSAGE)}`)), "characters"],
  ["half a character", POST, reply(400, said("name: \ud83d must go")), "half a surrogate"],
  ["a secret", POST, reply(400, said(`key: ${SECRETS[0]} must go`)), "secret"],
  ["a secret in a good answer", { ...POST, target: "/x/new" }, reply(200, { key: SECRETS[2] }), "secret"],
  ["a wrong shape", POST, reply(200, { type: "agent", id: "agent_1" }), "[schema]"],
  ["no JSON, though it says so", POST, reply(200, "{"), "not JSON"],
  ["a stream that is none", GET, reply(200, "{}"), "content-type"],
  ["a stream without its start", GET, reply(200, "data: x\n\n", { "content-type": "text/event-stream" }), "comment"],
])("notices %s", (_, request, answer, problem) => {
  expect(judged(request, answer).join("\n")).toContain(problem);
});

it("lets workerd refuse what is no HTTP, and nothing else", () => {
  const refused: Reply = {
    status: 400,
    headers: new Map([["content-type", "text/plain"]]),
    body: Buffer.from("invalid URI"),
    ms: 1,
  };
  expect(judged({ ...POST, target: "/v1/a b" }, refused)).toEqual([]);
  expect(judged({ ...POST, framing: "badChunk" }, "closed")).toEqual([]);
  expect(judged({ ...GET, target: "/docs/none" }, refused)).not.toEqual([]);
  expect(judged(POST, refused)).not.toEqual([]);
  expect(judged({ ...POST, target: "/v1/a b" }, { ...refused, status: 503 })).not.toEqual([]);
});

it("notices half a batch, a lost event and another order", () => {
  expect(compare(["a"], ["a", "b", "c"], ["b", "c"])).toEqual([]);
  expect(compare(["a"], ["a"], [])).toEqual([]);
  expect(compare(["a"], ["a", "b"], [])).toHaveLength(1);
  expect(compare(["a"], ["a", "b"], ["b", "c"])).toHaveLength(1);
  expect(compare(["a"], ["a", "c", "b"], ["b", "c"])).toHaveLength(1);
  expect(compare(["a"], [], [])).toHaveLength(1);
});

it("notices what a refusal stored, and what is lost", () => {
  const ids = ["agent_1", "env_1", "sesn_1"];
  expect(difference(new Set(ids), new Set([...ids, "evt_1"]), new Set([...ids, "evt_1"]))).toEqual([]);
  expect(difference(new Set(ids), new Set(ids.slice(1)), new Set(ids.slice(1)))).toHaveLength(1);
  expect(difference(new Set(ids.slice(1)), new Set(ids), new Set(ids))).toHaveLength(1);
  expect(difference(new Set(ids.slice(1)), new Set(ids), new Set(ids.slice(1)))).toEqual([]);
});

it("notices bad frames of a socket", () => {
  const error = (type: string, message: string) =>
    JSON.stringify({ type: "error", request_id: null, error: { type, message } });
  expect(judgeFrame('{"type":"pong"}', "")).toEqual([]);
  expect(judgeFrame(error("invalid_request_error", "seq: is required; send a number"), "")).toEqual([]);
  for (const bad of [
    "{",
    '{"type":"odd"}',
    '{"type":"error"}',
    error("api_error", "body: try again"),
    error("x", "nope"),
  ])
    expect(judgeFrame(bad, "")).not.toEqual([]);
});

it("notices errors and secrets in the log", () => {
  expect(complaints('{"level":"info","event":"request"}\nUncaught exception: x: WebSocket protocol error; y')).toEqual(
    [],
  );
  for (const line of ['{"level":"error"}', "Uncaught (in promise) Error", `{"level":"info","key":"${SECRETS[1]}"}`])
    expect(complaints(line)).toHaveLength(1);
});

it("reads replies as they come in", () => {
  const bytes = Buffer.from(
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
  );
  for (let n = 0; n < bytes.length; n++) expect(readReply(bytes.subarray(0, n), "GET", false)).toBe(null);
  expect(readReply(bytes, "GET", false)?.body.toString()).toBe("abc");
  const short = Buffer.from("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcd");
  expect(readReply(short, "GET", false)?.body.toString()).toBe("abc");
  expect(readReply(short.subarray(0, -2), "GET", false)).toBe(null);
  expect(readReply(short.subarray(0, -2), "HEAD", false)?.status).toBe(200);
});
