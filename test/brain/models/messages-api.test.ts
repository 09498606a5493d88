import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { ModelFailure, type ModelRequest, type RawEvent } from "../../../src/brain/model.ts";
import { MessagesModel, type Patience } from "../../../src/brain/models/messages-api.ts";
import { SseDecoder, type SseFrame } from "../../../src/brain/models/sse-decoder.ts";
import type { Provider } from "../../../src/brain/providers.ts";

const KEY = "sk-canary-0123456789";
const PATIENT: Patience = { headersMs: 20_000, stallMs: 20_000, requestMs: 20_000 };
/** Milliseconds after which the model gives up where a test waits for that; long beside what a busy machine needs to deliver a byte. */
const SHORT = 400;

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

interface Seen {
  url: string | undefined;
  headers: IncomingMessage["headers"];
  body: string;
}

/** A server whose one answer is `handle`; gives its URL and what it saw. */
async function serve(handle: (response: ServerResponse) => void): Promise<{ url: string; seen: Seen[] }> {
  const seen: Seen[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of request) chunks.push(chunk as Uint8Array);
    seen.push({ url: request.url, headers: request.headers, body: Buffer.concat(chunks).toString() });
    handle(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

function model(baseUrl: string, patience: Patience = PATIENT, row: Partial<Provider> = {}): MessagesModel {
  const provider: Provider = {
    match: ["*"],
    baseUrl,
    keyBinding: "KEY",
    auth: "bearer",
    version: "2026-10-21",
    headers: {},
    ...row,
  };
  return new MessagesModel({ row: provider, key: KEY }, patience);
}

function request(more: Partial<ModelRequest> = {}): ModelRequest {
  const bytes = new TextEncoder().encode('{"model":"m", "n":1.0}');
  return {
    model: "m",
    betas: [],
    body: () => bytes,
    length: bytes.length,
    signal: new AbortController().signal,
    ...more,
  };
}

/** The events up to the failure, if there was one. */
async function run(stream: AsyncIterable<RawEvent>): Promise<{ types: string[]; failure: ModelFailure | null }> {
  const types: string[] = [];
  try {
    for await (const event of stream) types.push(event.type);
    return { types, failure: null };
  } catch (error) {
    if (error instanceof ModelFailure) return { types, failure: error };
    throw error;
  }
}

/** What comes of a request to a server that answers so. */
async function answered(handle: (response: ServerResponse) => void, patience: Partial<Patience> = {}) {
  const { url, seen } = await serve(handle);
  return { ...(await run(model(url, { ...PATIENT, ...patience }).stream(request()))), seen };
}

function sse(response: ServerResponse, ...events: object[]): void {
  if (!response.headersSent) response.writeHead(200, { "content-type": "text/event-stream" });
  for (const event of events) {
    response.write(`event: ${(event as { type: string }).type}\ndata: ${JSON.stringify(event)}\n\n`);
  }
}

function answerError(
  status: number,
  error: object,
  headers: Record<string, string> = {},
): (response: ServerResponse) => void {
  return (response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(JSON.stringify({ type: "error", error, request_id: "req_1" }));
  };
}

const WHOLE = [{ type: "message_start", message: {} }, { type: "later_event" }, { type: "message_stop" }];

describe("what is sent", () => {
  const whole = (response: ServerResponse) => {
    sse(response, ...WHOLE);
    response.end();
  };

  test("are the bytes themselves, to /v1/messages, with key, version and betas, and no SDK retry", async () => {
    const { url, seen } = await serve(whole);
    await run(model(url, PATIENT, { headers: { "x-team": "a" } }).stream(request({ betas: ["b-1", "a-2"] })));
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatchObject({
      url: "/v1/messages",
      body: '{"model":"m", "n":1.0}',
      headers: {
        authorization: `Bearer ${KEY}`,
        "anthropic-version": "2026-10-21",
        "anthropic-beta": "b-1,a-2",
        "content-type": "application/json",
        "content-length": "22",
        "x-team": "a",
      },
    });
    expect(seen[0]?.headers).not.toHaveProperty("x-api-key");
  });

  test("a stream goes out whole, the other header form carries the key alone, and no beta header goes without betas", async () => {
    const { url, seen } = await serve(whole);
    const body = () => new Blob(['{"a":', "1}"]).stream();
    await run(model(url, PATIENT, { auth: "x-api-key", version: "2023-06-01" }).stream(request({ body, length: 7 })));
    expect(seen[0]).toMatchObject({
      body: '{"a":1}',
      headers: { "x-api-key": KEY, "anthropic-version": "2023-06-01" },
    });
    expect(seen[0]?.headers).not.toHaveProperty("authorization");
    expect(seen[0]?.headers).not.toHaveProperty("anthropic-beta");
  });
});

describe("the events", () => {
  test("come as received, unknown ones and pings too, and end with message_stop", async () => {
    const { url } = await serve((response) => {
      sse(response, { type: "ping" }, ...WHOLE, { type: "after" });
    });
    const types = ["ping", "message_start", "later_event", "message_stop"];
    expect(await run(model(url).stream(request()))).toEqual({ types, failure: null });
  });

  test("without message_stop are a cut answer, even when the body ends cleanly", async () => {
    const { types, failure } = await answered((response) => {
      sse(response, { type: "message_start" });
      response.end();
    });
    expect(types).toEqual(["message_start"]);
    expect(failure).toMatchObject({ kind: "cut", refused: false });
  });

  test("that are no JSON are a cut answer", async () => {
    const { failure } = await answered((response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.end('event: message_start\ndata: {"type":"mess\n\n');
    });
    expect(failure?.kind).toBe("cut");
  });

  test("end as a network failure when the connection breaks", async () => {
    const { failure } = await answered((response) => {
      sse(response, { type: "message_start" });
      setImmediate(() => response.destroy());
    });
    expect(failure?.kind).toBe("network");
  });

  test.each([
    ["overloaded_error", "overloaded"],
    ["api_error", "server"],
    ["rate_limit_error", "rate_limited"],
    ["invalid_request_error", "invalid"],
  ])("an SSE error %s in the middle of a block is %s", async (type, kind) => {
    const { types, failure } = await answered((response) => {
      sse(
        response,
        { type: "message_start" },
        { type: "content_block_start" },
        { type: "error", error: { type, message: "why" } },
      );
    });
    expect(types).toEqual(["message_start", "content_block_start"]);
    expect(failure).toMatchObject({ kind, refused: false, message: expect.stringMatching(/why/) });
  });

  test("are the same, however the bytes are cut, lines end and fields are written", async () => {
    const text = `\uFEFF: a comment\nevent:message_start\ndata:{"type":"message_start",\ndata: "größe":"€ 1"}\r\n\r\nid: 7\rdata: [DONE]\r\rdata\n\ndata: {"type":"message_stop"}\n\n`;
    const bytes = new TextEncoder().encode(text);
    for (const size of [1, 2, 3, 7, bytes.length]) {
      const decoder = new SseDecoder();
      const frames: SseFrame[] = [];
      for (let at = 0; at < bytes.length; at += size) frames.push(...decoder.push(bytes.subarray(at, at + size)));
      expect(frames).toEqual([
        { event: "message_start", data: '{"type":"message_start",\n"größe":"€ 1"}' },
        { event: "", data: "[DONE]" },
        { event: "", data: '{"type":"message_stop"}' },
      ]);
    }
  });

  test("without the blank line that ends a frame are cut off in it", async () => {
    const { types, failure } = await answered((response) => {
      sse(response, { type: "message_start" });
      response.end('event: message_stop\ndata: {"type":"message_stop"}\n');
    });
    expect([types, failure?.kind]).toEqual([["message_start"], "cut"]);
  });
});

describe("HTTP errors", () => {
  const SPENT = { details: { error_code: "enforced_spend_limit_reached" } };
  const LONG = { message: "prompt is too long: 1000001 tokens > 1000000" };
  const BOUND = { message: "messages.1.content.0: Invalid `signature` in `thinking` block. The block is bound to …" };
  test.each<[number, string, Partial<ModelFailure>, object?, Record<string, string>?]>([
    [429, "rate_limit_error", { kind: "rate_limited", retryAfterMs: 7_000 }, {}, { "retry-after": "7" }],
    [429, "rate_limit_error", { retryAfterMs: 1_500 }, {}, { "retry-after-ms": "1500", "retry-after": "9" }],
    [429, "rate_limit_error", { retryAfterMs: null }, {}, { "retry-after": "-1" }],
    [429, "rate_limit_error", { retryAfterMs: 7_201_000 }, {}, { "retry-after": "7201" }],
    [429, "rate_limit_error", { kind: "billing" }, SPENT],
    [402, "billing_error", { kind: "billing" }],
    [529, "overloaded_error", { kind: "overloaded" }],
    [429, "overloaded_error", { kind: "overloaded" }],
    [500, "api_error", { kind: "server" }],
    [504, "timeout_error", { kind: "server" }],
    [408, "timeout_error", { kind: "server" }],
    [401, "authentication_error", { kind: "auth" }],
    [403, "permission_error", { kind: "auth" }],
    [404, "not_found_error", { kind: "invalid" }, { message: "model: nope" }],
    [413, "request_too_large", { kind: "context" }],
    [400, "invalid_request_error", { kind: "context" }, LONG],
    [400, "invalid_request_error", { kind: "prefix" }, BOUND],
    [400, "invalid_request_error", { kind: "invalid", retryAfterMs: null }, { message: "max_tokens: too large" }],
  ])("%i %s is %j, refused and asked once", async (status, type, expected, more = {}, headers = {}) => {
    const { types, failure, seen } = await answered(answerError(status, { type, message: "x", ...more }, headers));
    expect(types).toEqual([]);
    expect(failure).toMatchObject({ refused: true, ...expected });
    expect(failure?.message).toContain(String(status));
    expect(seen).toHaveLength(1);
  });

  test("a redirect is not followed with the key", async () => {
    const other = await serve((response) => response.end());
    const { failure } = await answered((response) => {
      response.writeHead(307, { location: other.url });
      response.end();
    });
    expect(failure).toMatchObject({ kind: "invalid" });
    expect(other.seen).toEqual([]);
  });

  test("a body that is not JSON gives a plain sentence without it", async () => {
    const { failure } = await answered((response) => {
      response.writeHead(502, { "content-type": "text/html" });
      response.end("<html>canary</html>");
    });
    expect(failure).toMatchObject({ kind: "server", message: "The model provider failed (502)." });
  });

  test("never show the key, in whole or in part, and quote at most 500 characters", async () => {
    const message = `bad key ${KEY}, Bearer ${KEY}, sk-canary***6789, ${KEY.slice(0, 12)} ${"x".repeat(2_000)}`;
    const { failure } = await answered(answerError(401, { type: "authentication_error", message }));
    expect(failure?.message).toMatch(/bad key \[key\]/);
    expect(failure?.message).not.toContain("canary");
    expect(failure?.message.length).toBeLessThan(600);
  });
});

describe("waiting", () => {
  test("ends when no headers come", async () => {
    const { failure } = await answered(() => undefined, { headersMs: SHORT });
    const message = `The model provider did not answer within ${SHORT} ms.`;
    expect(failure).toMatchObject({ kind: "timeout", refused: false, message });
  });

  test("ends when nothing but pings comes for longer than a request may take", async () => {
    const { failure } = await answered(
      (response) => {
        sse(response, { type: "message_start" });
        const timer = setInterval(() => response.write(": ping\n"), 5);
        response.once("close", () => clearInterval(timer));
      },
      { requestMs: 600 },
    );
    const message = "The model request took 0.01 minutes, the most that one may.";
    expect(failure).toMatchObject({ kind: "timeout", message });
  });

  test("ends when no byte comes", async () => {
    const { types, failure } = await answered((response) => sse(response, { type: "message_start" }), {
      stallMs: SHORT,
    });
    expect(types).toEqual(["message_start"]);
    expect(failure?.kind).toBe("stall");
  });

  test("goes on while comments come, which are bytes though no events", async () => {
    const { url } = await serve((response) => {
      sse(response, { type: "message_start" });
      let comments = 0;
      const timer = setInterval(() => {
        response.write(":\n");
        if (++comments < 8) return;
        clearInterval(timer);
        sse(response, { type: "message_stop" });
      }, SHORT / 5);
    });
    expect(await run(model(url, { ...PATIENT, stallMs: SHORT }).stream(request()))).toEqual({
      types: ["message_start", "message_stop"],
      failure: null,
    });
  });

  test("ends at once when aborted: before, during the wait for headers, and in the stream", async () => {
    const silent = await serve(() => undefined);
    expect((await run(model(silent.url).stream(request({ signal: AbortSignal.abort() })))).failure?.kind).toBe(
      "aborted",
    );
    expect(silent.seen).toEqual([]);

    const control = new AbortController();
    const asked = await serve(() => control.abort());
    expect((await run(model(asked.url).stream(request({ signal: control.signal })))).failure?.kind).toBe("aborted");

    const streaming = new AbortController();
    const { url } = await serve((response) => sse(response, { type: "message_start" }));
    const events = model(url).stream(request({ signal: streaming.signal }));
    await events.next();
    streaming.abort();
    expect((await run(events)).failure?.kind).toBe("aborted");
  });

  test("a reader that leaves closes the connection", async () => {
    let closed: () => void = () => undefined;
    const gone = new Promise<void>((resolve) => {
      closed = resolve;
    });
    const { url } = await serve((response) => {
      response.on("close", closed);
      sse(response, { type: "message_start" });
    });
    const events = model(url).stream(request());
    await events.next();
    await events.return(undefined);
    await gone;
  });
});

describe("no connection", () => {
  test("is a network failure that names the system's code", async () => {
    const { url } = await serve(() => undefined);
    closers.splice(0).forEach((close) => {
      close();
    });
    const { failure } = await run(model(url).stream(request()));
    expect(failure).toMatchObject({ kind: "network", message: expect.stringMatching(/ECONNREFUSED/) });
  });
});
