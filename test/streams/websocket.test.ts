import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { SubscriptionFrame } from "../../src/api/stream/subscription.ts";
import { type ClientSocket, type SendEvents, type SocketSource, serveClient } from "../../src/api/stream/websocket.ts";
import { MAX_MESSAGE_CHARS } from "../../src/api/stream/websocket-frames.ts";
import { ApiError } from "../../src/protocol/errors.ts";

type Sent = { type: string; seq?: number; request_id?: string | null; error?: { type: string; message: string } };

/** The Worker's end of a client's socket; the client takes in what it sends only while `reads`. */
class NearSocket extends EventTarget implements Pick<ClientSocket, "send" | "close" | "bufferedAmount"> {
  readonly sent: Sent[] = [];
  bufferedAmount = 0;
  reads = true;
  closed: [number | undefined, string | undefined] | null = null;
  send(text: string): void {
    this.sent.push(JSON.parse(text) as Sent);
    if (!this.reads) this.bufferedAmount += text.length;
  }
  close(code?: number, reason?: string): void {
    this.closed ??= [code, reason];
  }
  say(data: unknown): void {
    this.dispatchEvent(new MessageEvent("message", { data: typeof data === "string" ? data : JSON.stringify(data) }));
  }
}

/** A subscription that a test fills. */
class PlainFeed implements SocketSource {
  cursor = 5;
  readonly done: SubscriptionFrame[][] = [];
  readonly held: number[] = [];
  closed = false;
  #next = Promise.withResolvers<SubscriptionFrame[] | null>();
  take(): Promise<SubscriptionFrame[] | null> {
    return this.#next.promise;
  }
  give(...frames: SubscriptionFrame[]): void {
    this.#next.resolve(frames);
    this.#next = Promise.withResolvers();
  }
  fail(error: Error): void {
    this.#next.reject(error);
  }
  drained(frames: SubscriptionFrame[]): void {
    this.done.push(frames);
  }
  hold(seq: number): void {
    this.held.push(seq);
  }
  async *event(seq: number): AsyncGenerator<Uint8Array> {
    const bytes = new TextEncoder().encode(`{"n":${seq},"text":"é"}`);
    for (const byte of bytes) yield Uint8Array.of(byte);
  }
  close(): void {
    this.closed = true;
    this.#next.resolve(null);
  }
}

const bodyOf = (value: unknown) => Response.json(value).body as ReadableStream<Uint8Array>;

function serve(send: SendEvents = async () => bodyOf({ data: [] })) {
  const ws = new NearSocket();
  const subscription = new PlainFeed();
  const over = serveClient(ws as unknown as ClientSocket, subscription, send);
  return { ws, subscription, over };
}

const settle = () => vi.advanceTimersByTimeAsync(1);
const stored = (seq: number, event = "{}"): SubscriptionFrame => ({ t: "events", seqs: [seq], events: [event] });

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("shows where it begins, then each frame in the public form", async () => {
  const { ws, subscription, over } = serve();
  subscription.give(
    stored(6, '{"type":"user.message"}'),
    { t: "large", seq: 7 },
    { t: "delta", event: '{"type":"event_start"}' },
  );
  await settle();
  subscription.give({ t: "deleted", event: '{"type":"session.deleted"}' });
  await settle();
  await over;
  expect(ws.sent).toEqual([
    { type: "subscribed", seq: 5 },
    { type: "event", seq: 6, event: { type: "user.message" } },
    { type: "event", seq: 7, event: { n: 7, text: "é" } },
    { type: "delta", event: { type: "event_start" } },
    { type: "deleted", event: { type: "session.deleted" } },
  ]);
  expect([ws.closed, subscription.done.length]).toEqual([[1000, "the session is deleted"], 1]);
});

describe("a slow client", () => {
  it("holds up the subscription while its socket is full, and goes on when it reads", async () => {
    const { ws, subscription } = serve();
    ws.reads = false;
    subscription.give(stored(6, JSON.stringify("x".repeat(2_000_000))));
    await vi.advanceTimersByTimeAsync(20_000);
    expect([subscription.done.length, ws.closed]).toEqual([0, null]);
    ws.bufferedAmount = 1_500_000;
    await vi.advanceTimersByTimeAsync(20_000);
    expect([subscription.done.length, ws.closed]).toEqual([0, null]);
    ws.bufferedAmount = 0;
    await vi.advanceTimersByTimeAsync(20);
    expect([subscription.done.length, ws.closed]).toEqual([1, null]);
  });

  it("that asks and never reads is closed before its answers fill the memory; one that reads may ask for ever", async () => {
    const { ws, subscription, over } = serve();
    for (let asked = 0; asked < 30_000; asked++) ws.say("x");
    expect([ws.sent.length, ws.closed]).toEqual([30_001, null]);
    ws.reads = false;
    for (let asked = 0; asked < 30_000; asked++) ws.say("x");
    await over;
    expect([ws.closed, subscription.closed]).toEqual([[4008, "answers are not read; resume with after=5"], true]);
    expect(ws.bufferedAmount).toBeLessThan(3 * 1024 * 1024);
  });

  it("that pings while a long event is on its way stays", async () => {
    const { ws, subscription } = serve();
    ws.reads = false;
    subscription.give(stored(6, JSON.stringify("x".repeat(20_000_000))));
    await settle();
    for (let asked = 0; asked < 1_000; asked++) ws.say({ type: "ping" });
    expect([ws.sent.length, ws.closed]).toEqual([1_002, null]);
  });

  it("that takes in nothing for 30 s is told where to resume", async () => {
    const { ws, subscription, over } = serve();
    ws.reads = false;
    subscription.give(stored(6, JSON.stringify("x".repeat(2_000_000))));
    await vi.advanceTimersByTimeAsync(30_100);
    await over;
    expect([ws.closed, subscription.closed]).toEqual([[4008, "too slow; resume with after=6"], true]);
  });

  it("that counts for itself sets the credit by its own acks, and cannot acknowledge what was not sent", async () => {
    const { ws, subscription } = serve();
    subscription.give(stored(6));
    await settle();
    ws.say({ type: "ack", seq: 6 });
    ws.say({ type: "ack", seq: 7 });
    expect(subscription.held).toEqual([6]);
    expect(ws.sent.at(-1)?.error?.message).toContain("seq: 7 was not sent yet");
  });
});

it("tells the client where to resume when the session stays away", async () => {
  const { ws, subscription, over } = serve();
  subscription.fail(new Error("the session cannot be reached"));
  await over;
  expect(ws.closed).toEqual([4008, "the session cannot be reached; resume with after=5"]);
});

describe("frames from the client", () => {
  it.each([
    ["", null, "not JSON"],
    ["nonsense", null, "not JSON; send one JSON object"],
    ["[]", null, "must be an object"],
    ['{"type":"shout"}', null, "type: must be one of send, ack, ping"],
    ['{"type":"ping","extra":1}', null, "extra: unknown key"],
    ['{"type":"ack"}', null, "seq: is required"],
    ['{"type":"ack","seq":-1}', null, "seq: "],
    ['{"type":"ack","seq":1.5}', null, "seq: "],
    ['{"type":"send","events":[]}', null, "request_id: is required"],
    ['{"type":"send","request_id":"","events":[]}', "", "request_id: must not be empty"],
    ['{"type":"send","request_id":"r1"}', "r1", "events: is required"],
    ["x".repeat(MAX_MESSAGE_CHARS + 1), null, "send longer events by POST"],
  ])("are answered when they are malformed: %.60s", async (text, id, message) => {
    const { ws, subscription } = serve();
    await settle();
    ws.say(text);
    const answer = ws.sent.at(-1);
    expect([answer?.type, answer?.request_id, ws.closed, subscription.closed]).toEqual(["error", id, null, false]);
    expect(answer?.error?.message).toContain(message);
  });

  it("may not be binary", () => {
    const { ws } = serve();
    ws.dispatchEvent(new MessageEvent("message", { data: new ArrayBuffer(4) }));
    expect(ws.sent.at(-1)?.error?.message).toContain("binary");
  });

  it("are sent in the order they came, each answered by its request id", async () => {
    const order: unknown[] = [];
    const { ws } = serve(async (events) => {
      order.push("begin", ...events);
      await new Promise((resolve) => setTimeout(resolve, 10));
      order.push("end");
      if (events[0] === "bad") {
        throw new ApiError({ status: 400, type: "invalid_request_error", message: "no" });
      }
      if (events[0] === "bug") throw new Error("a secret");
      return bodyOf({ data: [{ id: "sevt" }] });
    });
    await settle();
    for (const [i, event] of ["good", "bad", "bug"].entries()) {
      ws.say({ type: "send", request_id: `r${i}`, events: [event] });
    }
    await vi.advanceTimersByTimeAsync(100);
    expect(order).toEqual(["begin", "good", "end", "begin", "bad", "end", "begin", "bug", "end"]);
    expect(ws.sent.slice(1)).toEqual([
      { type: "ack", request_id: "r0", data: [{ id: "sevt" }] },
      { type: "error", request_id: "r1", error: { type: "invalid_request_error", message: "no" } },
      { type: "error", request_id: "r2", error: { type: "api_error", message: expect.not.stringContaining("secret") } },
    ]);
  });

  it("are bounded in number while unanswered", async () => {
    const { ws } = serve(() => new Promise(() => {}));
    await settle();
    for (let i = 0; i < 17; i++) ws.say({ type: "send", request_id: `r${i}`, events: [{}] });
    expect(ws.sent.slice(1)).toMatchObject([{ type: "error", request_id: "r16", error: { type: "rate_limit_error" } }]);
  });

  it("may be pings", async () => {
    const { ws } = serve();
    await settle();
    ws.say({ type: "ping" });
    expect(ws.sent.at(-1)).toEqual({ type: "pong" });
  });
});

it("lets the session go when the client leaves", async () => {
  const { ws, subscription, over } = serve();
  ws.dispatchEvent(new Event("close"));
  await over;
  expect(subscription.closed).toBe(true);
});
