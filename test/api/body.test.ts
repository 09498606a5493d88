import { expect, test } from "vitest";
import { createApp } from "../../src/api/app.ts";
import { BODY_LIMIT_BYTES } from "../../src/api/body.ts";
import { call, HEADERS, testServer } from "./harness.ts";

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
  ["a compressed body", { "content-encoding": "gzip" }, /^content-encoding: gzip/, "request_body_encoding_unsupported"],
] as const)("%s is a 400", async (_, headers, message, code) => {
  const answer = await post(JSON.stringify(AGENT), headers);
  expect(answer.status).toBe(400);
  expect(answer.body.error?.message).toMatch(message);
  expect(answer.body.error?.details?.error_code).toBe(code);
});

test.each(["application/json; charset=utf-8", "Application/JSON", 'application/json; charset="UTF-8"'])(
  "the content type %s is fine",
  async (type) => {
    expect((await post(JSON.stringify(AGENT), { "content-type": type })).status).toBe(200);
  },
);

test("invalid UTF-8 is a 400 with its code", async () => {
  const answer = await post(new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]));
  expect(answer.status).toBe(400);
  expect(answer.body.error?.details?.error_code).toBe("request_body_encoding_invalid");
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
  const response = await createApp().request("/v1/agents", init as RequestInit, server.env);
  return { status: response.status, body: (await response.json()) as { error: { type: string; message: string } } };
}

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

test("a body shorter than announced is read as it is", async () => {
  expect((await chunked(100, "1000")).body.error.message).toMatch(/^body: not valid JSON/);
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
