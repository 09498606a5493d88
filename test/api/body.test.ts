import { brotliCompressSync, constants, deflateSync, gzipSync } from "node:zlib";
import { expect, test, vi } from "vitest";
import { createApp } from "../../src/api/app.ts";
import { BODY_TIMEOUT_MS, Incoming } from "../../src/api/body/incoming.ts";
import { BODY_LIMIT_BYTES } from "../../src/api/body/read.ts";
import { stalledBody } from "../support/stalled-body.ts";
import { CONTEXT, call, HEADERS, testServer } from "./harness.ts";

const server = testServer();
const post = (body: unknown, headers: Record<string, string | null> = {}) =>
  call(server, "POST", "/v1/agents", body, headers);
const AGENT = { name: "a", model: "claude-opus-5-5" };

test.each([
  ["nothing", "", /^body: empty/],
  ["no JSON", "{", /^body: not valid JSON/],
  ["two values", "{} {}", /^body: not valid JSON/],
  ["a trailing comma", '{"name":"a",}', /^body: not valid JSON/],
  ["a byte order mark", '\ufeff{"name":"a"}', /^body: not valid JSON/],
  ["an array", "[]", /^the request body must be an object/],
  ["null", "null", /^the request body must be an object/],
  ["a string", '"x"', /^the request body must be an object/],
  ["a raw NUL", '{"name":"a\u0000b"}', /^body: .*control character/],
  ["half a pair", '{"name":"\\ud800"}', /^body: .*surrogate/],
  ["10,000 arrays", "[".repeat(10_000), /^body: .*nested/],
  ["10,000 objects", `${'{"a":'.repeat(10_000)}1${"}".repeat(10_000)}`, /^body: .*nested/],
  ["__proto__", '{"__proto__":{"name":"a"}}', /^__proto__: /],
  [
    "__proto__ below long keys",
    `${`{"${"k".repeat(900)}":`.repeat(100)}{"__proto__":1}${"}".repeat(100)}`,
    /__proto__: this key/,
  ],
  [
    "a long string below long keys",
    `${`{"${"k".repeat(900)}":`.repeat(100)}"${"x".repeat(2_000_000)}"${"}".repeat(100)}`,
    /^k+….k.*: a string of 2000000 bytes/,
  ],
  ["a huge key", `{"${"k".repeat(200_000)}":1}`, /^body: .*object key/],
])("%s is a 400 with a clear message", async (_, body, message) => {
  const answer = await post(body);
  expect(answer.status).toBe(400);
  expect(answer.body.error?.type).toBe("invalid_request_error");
  expect(answer.body.error?.message).toMatch(message);
  expect(answer.body.error?.message.length).toBeLessThan(300);
});

test.each([
  ["no content type", { "content-type": null }, /^content-type: /, undefined],
  ["a form", { "content-type": "application/x-www-form-urlencoded" }, /^content-type: /, undefined],
  ["text", { "content-type": "text/plain" }, /^content-type: /, undefined],
  ["a longer type", { "content-type": "application/jsonp" }, /^content-type: /, undefined],
  ["another charset", { "content-type": "application/json; charset=latin1" }, /charset/, "unsupported_charset"],
  ["an unknown encoding", { "content-encoding": "zstd" }, /"zstd" is not/, "request_body_encoding_unsupported"],
  ["two encodings", { "content-encoding": "gzip, br" }, /"gzip, br" is not/, "request_body_encoding_unsupported"],
  ["what is not gzip", { "content-encoding": "gzip" }, /^body: not valid gzip/, "request_body_encoding_invalid"],
] as const)("%s is a 400", async (_, headers, message, code) => {
  const answer = await post(JSON.stringify(AGENT), headers);
  expect(answer.status).toBe(400);
  expect(answer.body.error?.message).toMatch(message);
  expect(answer.body.error?.details?.error_code).toBe(code);
});

test.each([
  "application/json; charset=utf-8",
  "Application/JSON",
  'application/json; charset="UTF-8"',
  "application/json;charset=us-ascii",
])("the content type %s is fine", async (type) => {
  expect((await post(JSON.stringify(AGENT), { "content-type": type })).status).toBe(200);
});

test("ISO-8859-1 is read as what it says", async () => {
  const bytes = Buffer.from(JSON.stringify({ ...AGENT, name: "Käse" }), "latin1");
  const answer = await post(bytes, { "content-type": "application/json; charset=ISO-8859-1" });
  expect(answer.body.name).toBe("Käse");
  expect((await post(bytes)).body.error?.message).toMatch(/^body: not valid UTF-8/);
});

/** Its usual quality takes seconds for the bomb. */
const br = (bytes: string | Buffer) =>
  brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MIN_QUALITY } });
const ENCODERS = { gzip: gzipSync, deflate: deflateSync, br };

test.each(Object.entries(ENCODERS))(
  "a body in %s is decoded; a cut one and a bomb are refused",
  async (encoding, encode) => {
    const headers = { "content-encoding": encoding };
    const bytes = encode(JSON.stringify({ ...AGENT, system: "long ".repeat(10_000) }));
    expect((await post(bytes, headers)).body.system).toBe("long ".repeat(10_000));
    const cut = await post(bytes.subarray(0, bytes.length - 5), headers);
    expect([cut.status, cut.body.error?.details?.error_code]).toEqual([400, "request_body_encoding_invalid"]);
    const bomb = await post(encode(Buffer.alloc(BODY_LIMIT_BYTES + 1, " ")), headers);
    expect([bomb.status, bomb.body.error?.type]).toEqual([413, "request_too_large"]);
    expect(bomb.body.error?.details?.error_code).toBe("request_body_too_large_after_decoding");
  },
);

test("invalid UTF-8 is a 400; its bytes are what its content-encoding says, so without that code", async () => {
  const answer = await post(new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]));
  expect(answer.status).toBe(400);
  expect(answer.body.error?.details?.error_code).toBeUndefined();
});

test.each([
  ["/v1/agents", HEADERS, 400, "request_body_timeout", true],
  // Read at once, it cannot be told to stop; the answer ends the connection.
  ["/v1/agents", { ...HEADERS, "content-length": "100" }, 400, "request_body_timeout", false],
  ["/v1/agents", { ...HEADERS, "x-api-key": "sk-wrong" }, 401, undefined, true],
])("a body that never ends is given up: %s with %o", async (path, headers, status, code, cancelled) => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  try {
    const { stream, awaited, state } = stalledBody('{"name":');
    const init = {
      method: "POST",
      headers: { ...headers, "content-type": "application/json" },
      body: stream,
      duplex: "half",
    };
    const answer = createApp().request(path, init as RequestInit, server.env, CONTEXT);
    await awaited;
    await vi.advanceTimersByTimeAsync(BODY_TIMEOUT_MS - 1);
    expect(state.cancelled).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    const response = await answer;
    const { error } = (await response.json()) as { error: { details?: { error_code: string } } };
    expect([response.status, error.details?.error_code, state.cancelled]).toEqual([status, code, cancelled]);
  } finally {
    vi.useRealTimers();
  }
});

test("a body that has come leaves no timer behind, one that nobody closed does", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  try {
    const left = async (close: boolean) => {
      const incoming = new Incoming(new Response("{}").body);
      while (await incoming.next());
      if (close) incoming.close();
      return vi.getTimerCount();
    };
    expect([await left(true), await left(false)]).toEqual([0, 1]);
  } finally {
    vi.useRealTimers();
  }
});

/** A body in chunks, which announces what `length` says. */
async function chunked(bytes: number, length?: string) {
  const chunk = new Uint8Array(1_000_000).fill(0x20);
  let left = bytes;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (left <= 0) return controller.close();
      controller.enqueue(chunk.subarray(0, Math.min(left, chunk.length)));
      left -= chunk.length;
    },
  });
  const headers = {
    ...HEADERS,
    "content-type": "application/json",
    ...(length === undefined ? {} : { "content-length": length }),
  };
  const init = { method: "POST", headers, body, duplex: "half" };
  const response = await createApp().request("/v1/agents", init as RequestInit, server.env, CONTEXT);
  return { status: response.status, body: (await response.json()) as { error: { type: string; message: string } } };
}

test("what is announced to be small is read at once, and its rules are the same", async () => {
  const whole = vi.spyOn(Request.prototype, "arrayBuffer");
  const sent = async (body: string, length: number | null, headers = {}) => {
    whole.mockClear();
    const answer = await post(body, { "content-length": length === null ? null : String(length), ...headers });
    return { once: whole.mock.calls.length === 1, status: answer.status, message: answer.body.error?.message };
  };
  const small = JSON.stringify(AGENT);
  const least = `{"name":"a","model":"claude-opus-5-5","system":"${"x".repeat(64 * 1024)}"}`;
  try {
    expect(await sent(small, small.length)).toMatchObject({ once: true, status: 200 });
    expect(await sent(least, least.length)).toMatchObject({ once: false, status: 200 });
    expect(await sent(small, null)).toMatchObject({ once: false, status: 200 });
    const gzip = { "content-encoding": "gzip" };
    expect(await sent(small, small.length, gzip)).toMatchObject({ once: false, status: 400 });
    for (const [body, message] of [
      ["", /empty/],
      ["{", /not valid JSON/],
      ['{"name":"\\ud800"}', /surrogate/],
    ] as const) {
      const told = await sent(body, body.length);
      expect(told).toEqual({ ...(await sent(body, null)), once: true });
      expect(told).toMatchObject({ status: 400, message: expect.stringMatching(message) });
    }
  } finally {
    whole.mockRestore();
  }
});

test("the limit is counted, whatever was announced; beyond it a 413", async () => {
  const whole = await chunked(BODY_LIMIT_BYTES);
  expect(whole.body.error.message).toMatch(/^body: 32000000 bytes remain beside its long strings/);
  for (const announced of [undefined, "10", "nonsense"]) {
    const over = await chunked(BODY_LIMIT_BYTES + 1, announced);
    expect({ status: over.status, type: over.body.error.type }).toEqual({ status: 413, type: "request_too_large" });
    expect(over.body.error.message).toBe("body: more than 32000000 bytes");
  }
  const announced = await chunked(10, String(BODY_LIMIT_BYTES + 1));
  expect(announced.status).toBe(413);
});

test.each([
  ["POST", "/v1/agents"],
  ["PUT", "/x/sessions/:id/files/workspace/a"],
])("a body that breaks off is a 400 and no failure of the server: %s %s", async (method, path) => {
  const agent = await post({ ...AGENT, model: "rehearsal" });
  const environment = await call(server, "POST", "/v1/environments", { name: method });
  const session = { agent: agent.body.id, environment_id: environment.body.id };
  const { id } = (await call(server, "POST", "/v1/sessions", session)).body;
  const body = new ReadableStream({
    pull: (controller) => controller.error(new Error("the connection is gone")),
  });
  const init = { method, headers: { ...HEADERS, "content-type": "application/json" }, body, duplex: "half" };
  const response = await createApp().request(path.replace(":id", String(id)), init as RequestInit, server.env, CONTEXT);
  const { error } = (await response.json()) as { error: { message: string } };
  expect([response.status, error.message]).toEqual([400, expect.stringMatching(/^body: broke off/)]);
});

test("a body shorter than announced is read as it is", async () => {
  expect((await chunked(100, "1000")).body.error.message).toMatch(/^body: not valid JSON/);
});

test("an announcement alone takes no memory: twenty of 32 MB with one byte each", async () => {
  const open: ReadableStreamDefaultController<Uint8Array>[] = [];
  const before = process.memoryUsage().arrayBuffers;
  const answers = Array.from({ length: 20 }, async () => {
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        open.push(controller);
        controller.enqueue(new TextEncoder().encode("{"));
      },
    });
    const headers = { ...HEADERS, "content-type": "application/json", "content-length": String(BODY_LIMIT_BYTES) };
    const init = { method: "POST", headers, body, duplex: "half" };
    return createApp().request("/v1/agents", init as RequestInit, server.env, CONTEXT);
  });
  // Until all have read their byte and wait for the next.
  await vi.waitUntil(() => open.every(({ desiredSize }) => desiredSize === 1));
  await new Promise((resolve) => setTimeout(resolve, 0));
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 * BODY_LIMIT_BYTES);
  for (const controller of open) controller.close();
  for (const answer of answers) expect((await answer).status).toBe(400);
});

test("a long system prompt is taken up to its limit in characters, however it is written", async () => {
  const emoji = "\\ud83d\\ude00".repeat(100_000);
  const taken = await post(`{"name":"a","model":"claude-opus-5-5","system":"${emoji}"}`);
  expect(taken.status).toBe(200);
  expect(taken.body.system).toBe("😀".repeat(100_000));
  const over = await post(`{"name":"a","model":"claude-opus-5-5","system":"${"ü".repeat(100_001)}"}`);
  expect(over.status).toBe(400);
  expect(over.body.error?.message).toMatch(/^system: must have at most 100000/);
});

test("a 31 MB string where no field takes it is refused with its path", async () => {
  const answer = await post({ ...AGENT, description: "x".repeat(31_000_000) });
  expect(answer.status).toBe(400);
  expect(answer.body.error?.message).toMatch(/^description: a string of 31000000 bytes/);
});
