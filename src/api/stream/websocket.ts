/**
 * A client's WebSocket: the stream, and a way to send events on the same connection.
 *
 * The Worker stands in the middle, as for SSE: towards the client a plain WebSocket of this invocation, towards the session the hibernating one.
 * So validation stays in one place, and the object sleeps while nothing happens. A client is followed by what its socket has taken in;
 * nothing is acknowledged to the object before, so a slow client costs at most one credit here. Once it acknowledges seqs itself,
 * its own acks are the credit.
 */
import { ApiError, invalid, type WireError } from "../../protocol/errors.ts";
import { check } from "../../protocol/validation.ts";
import { pause } from "./stored-event.ts";
import type { Subscription, SubscriptionFrame } from "./subscription.ts";
import * as frames from "./websocket-frames.ts";

/** Bytes that may wait in the client's socket before reading from the session stops. */
const MAX_BUFFERED_BYTES = 1024 * 1024;
/** A client that takes in nothing for so long is closed with CLOSE_RESUME. */
const STALL_MS = 30_000;
const LOOK_MS = 20;
/** Characters of answers that a client may leave unread once its socket is full: small frames have answers much longer than they are. */
const MAX_UNREAD_CHARS = 1024 * 1024;
/** `send` frames that may wait for their answer. */
const MAX_PENDING = 16;

const CLOSE_NORMAL = 1000;
/** A policy forbids it: the key was revoked. */
const CLOSE_REFUSED = 1008;
/** Reason: `resume with after=<seq>`, the last seq that was sent; the client knows better what it received. */
const CLOSE_RESUME = 4008;

/** The client's end. `bufferedAmount` counts what `send` took and the network did not yet. */
export type ClientSocket = Pick<WebSocket, "send" | "close" | "bufferedAmount" | "addEventListener">;

/** The body that `POST …/events` with these events answers; its refusal is thrown as `ApiError`. */
export type SendEvents = (events: unknown[]) => Promise<ReadableStream<Uint8Array>>;

export type SocketSource = Pick<Subscription, "cursor" | "take" | "drained" | "hold" | "event" | "close">;

/** Serves the client until either side leaves. Resolves then, and never rejects. */
export async function serveClient(ws: ClientSocket, subscription: SocketSource, send: SendEvents): Promise<void> {
  const client = new Client(ws, subscription, send);
  ws.addEventListener("message", ({ data }) => client.receive(data));
  ws.addEventListener("close", () => subscription.close());
  ws.addEventListener("error", () => subscription.close());
  await client.run();
}

class Client {
  readonly #ws: ClientSocket;
  readonly #subscription: SocketSource;
  readonly #send: SendEvents;
  /** The last seq that was sent. */
  #seq: number;
  /** `send` frames are taken one after the other, in the order they came. */
  #sending: Promise<void> = Promise.resolve();
  #pending = 0;
  /** Characters of the answers given since the socket was last not full. */
  #unread = 0;

  constructor(ws: ClientSocket, subscription: SocketSource, send: SendEvents) {
    this.#ws = ws;
    this.#subscription = subscription;
    this.#send = send;
    this.#seq = subscription.cursor;
  }

  async run(): Promise<void> {
    try {
      this.#ws.send(frames.subscribed(this.#seq));
      for (let batch = await this.#subscription.take(); batch !== null; batch = await this.#subscription.take()) {
        for (const frame of batch) await this.#show(frame);
        if (batch.at(-1)?.t === "deleted") return this.#close(CLOSE_NORMAL, "the session is deleted");
        if (!(await this.#hasRoom())) return this.#close(CLOSE_RESUME, `too slow; resume with after=${this.#seq}`);
        this.#subscription.drained(batch);
      }
    } catch (error) {
      if (error instanceof ApiError) return this.#close(CLOSE_REFUSED, error.wire.message);
      // The session stays away, or the client's socket is gone: the second has nobody left to tell.
      this.#close(CLOSE_RESUME, `the session cannot be reached; resume with after=${this.#seq}`);
    }
  }

  receive(data: unknown): void {
    const parsed = parseFrame(data);
    if ("error" in parsed) this.#refuse(parsed.requestId, parsed.error);
    else this.#obey(parsed.frame);
  }

  #obey(frame: frames.ClientFrame): void {
    switch (frame.type) {
      case "ping":
        this.#reply(frames.PONG);
        return;
      case "ack":
        if (frame.seq <= this.#seq) this.#subscription.hold(frame.seq);
        else this.#refuse(null, invalid(`seq: ${frame.seq} was not sent yet, the last one is ${this.#seq}`));
        return;
      case "send": {
        this.#pending += 1;
        if (this.#pending <= MAX_PENDING) {
          this.#sending = this.#sending.then(() => this.#accept(frame.request_id, frame.events));
          return;
        }
        this.#pending -= 1;
        const message = `at most ${MAX_PENDING} send frames may be unanswered; wait for an ack`;
        this.#refuse(frame.request_id, { status: 429, type: "rate_limit_error", message });
      }
    }
  }

  async #accept(requestId: string, events: unknown[]): Promise<void> {
    try {
      const body = await new Response(await this.#send(events)).text();
      this.#reply(frames.acceptedFrame(requestId, body));
    } catch (error) {
      const message = "internal error; look in the log whether the events were accepted";
      this.#refuse(requestId, error instanceof ApiError ? error.wire : { status: 500, type: "api_error", message });
    } finally {
      this.#pending -= 1;
    }
  }

  async #show(frame: SubscriptionFrame): Promise<void> {
    switch (frame.t) {
      case "events":
        frame.events.forEach((event, i) => {
          this.#ws.send(frames.stored(frame.seqs[i] as number, event));
        });
        this.#seq = frame.seqs.at(-1) ?? this.#seq;
        return;
      case "large":
        // Whole, as one message: so it waits for everything before it to leave.
        await this.#hasRoom();
        this.#ws.send(frames.stored(frame.seq, await textOf(this.#subscription.event(frame.seq))));
        this.#seq = frame.seq;
        await this.#hasRoom();
        return;
      case "delta":
        return this.#ws.send(frames.preview(frame.event));
      case "deleted":
        return this.#ws.send(frames.deleted(frame.event));
    }
  }

  /** Waits until the socket has room again; false when it takes in nothing for STALL_MS. */
  async #hasRoom(): Promise<boolean> {
    let least = this.#ws.bufferedAmount;
    for (let waited = 0; this.#ws.bufferedAmount > MAX_BUFFERED_BYTES; waited += LOOK_MS) {
      if (this.#ws.bufferedAmount < least) {
        least = this.#ws.bufferedAmount;
        waited = 0;
      }
      if (waited >= STALL_MS) return false;
      await pause(LOOK_MS);
    }
    return true;
  }

  #refuse(requestId: string | null, error: WireError): void {
    this.#reply(frames.refusedFrame(requestId, error));
  }

  #reply(text: string): void {
    this.#unread = this.#ws.bufferedAmount > MAX_BUFFERED_BYTES ? this.#unread + text.length : 0;
    try {
      if (this.#unread <= MAX_UNREAD_CHARS) this.#ws.send(text);
      else this.#close(CLOSE_RESUME, `answers are not read; resume with after=${this.#seq}`);
    } catch {
      // The client is gone: its close event ends the rest.
    }
  }

  #close(code: number, reason: string): void {
    this.#subscription.close();
    try {
      this.#ws.close(code, reason);
    } catch {
      // Already closed.
    }
  }
}

/** Names what is wrong with a frame; `requestId` is the frame's own where it has one. */
function parseFrame(data: unknown): { frame: frames.ClientFrame } | { requestId: string | null; error: WireError } {
  if (typeof data !== "string") return { requestId: null, error: invalid("the frame is binary; send JSON text") };
  if (data.length > frames.MAX_MESSAGE_CHARS) {
    const message = `the frame has ${data.length} characters, at most ${frames.MAX_MESSAGE_CHARS}; send longer events by POST …/events`;
    return { requestId: null, error: { status: 413, type: "request_too_large", message } };
  }
  let value: unknown;
  try {
    value = JSON.parse(data);
  } catch {
    return { requestId: null, error: invalid("the frame is not JSON; send one JSON object as text") };
  }
  const outcome = check(frames.ClientFrame, value);
  if (outcome.ok) return { frame: outcome.value };
  const id = typeof value === "object" && value !== null && "request_id" in value ? value.request_id : null;
  return { requestId: typeof id === "string" ? id : null, error: outcome.error };
}

async function textOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  const parts: string[] = [];
  for await (const chunk of chunks) parts.push(decoder.decode(chunk, { stream: true }));
  return parts.join("") + decoder.decode();
}
