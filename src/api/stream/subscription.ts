/**
 * One subscription as the Worker holds it: the frames of the internal socket (session/sockets/wire.ts) in order, over as many sockets as it takes.
 * A lost socket is opened again where the reader is, unseen by it; only a session that stays away for REOPEN_MS is a failure
 * (reliability.md §5.8). What is held is bounded by the credit: the object sends no more than what was acknowledged allows.
 */
import { ApiError, invalid, notFound } from "../../protocol/errors.ts";
import type { SessionRpc } from "../../session/rpc.ts";
import {
  DELTA_COST_BYTES,
  decodeFrame,
  FRAMES,
  type FromSubscriber,
  MAX_UNACKED_BYTES,
  MAX_UNACKED_DELTA_BYTES,
  MAX_UNACKED_EVENTS,
  type ToSubscriber,
} from "../../session/sockets/wire.ts";
import { pause, storedEvent } from "./stored-event.ts";

/** How long a first socket, and a lost one, is tried for. */
const OPEN_MS = 10_000;
const REOPEN_MS = 30_000;
const FIRST_WAIT_MS = 50;
const MAX_WAIT_MS = 2_000;
/** Drained frames are acknowledged together: at a quarter of the credit at once, otherwise after this long. */
const ACK_DELAY_MS = 100;
const ACK_SHARE = 4;
/** Characters of a refusal's text that are passed on. */
const MAX_REASON = 300;

/** What is asked of a Session object. */
export type StreamStub = Pick<SessionRpc, "fetch" | "getEvent">;

export interface SubscriptionOptions {
  /** Gives a fresh stub each time: one that has thrown is of no more use. */
  stub: () => StreamStub;
  workspace: string;
  /** A thread's id; null is the primary. */
  thread: string | null;
  /** A seq; null is from now. */
  after: number | null;
  deltas: string[];
}

export type SubscriptionFrame = Exclude<ToSubscriber, { t: "subscribed" }>;

export class Subscription {
  readonly #options: SubscriptionOptions;
  /** The last stored event handed out, or where the subscription began: where a new socket goes on. */
  #cursor: number | null;
  #ws: WebSocket | null = null;
  #queue: SubscriptionFrame[] = [];
  #wake: (() => void) | null = null;
  #end: { error: Error | null } | null = null;
  readonly #ended = Promise.withResolvers<void>();
  /** Drained since the last ack. */
  #drained = { seq: 0, events: 0, bytes: 0, deltaBytes: 0 };
  #limit = Number.POSITIVE_INFINITY;
  #timer: ReturnType<typeof setTimeout> | undefined;

  private constructor(options: SubscriptionOptions) {
    this.#options = options;
    this.#cursor = options.after;
  }

  /** Resolves once the object has said `subscribed`. Throws an ApiError: 404, 400 (`after`), or 529 when the object cannot be reached. */
  static async open(options: SubscriptionOptions): Promise<Subscription> {
    const subscription = new Subscription(options);
    await subscription.#connectWithin(OPEN_MS, false);
    if (subscription.#end?.error instanceof ApiError) throw subscription.#end.error;
    if (subscription.#end) {
      throw new ApiError({
        status: 529,
        type: "overloaded_error",
        message: "the session cannot be reached; try again",
      });
    }
    return subscription;
  }

  /** The seq to go on from. */
  get cursor(): number {
    return this.#cursor ?? 0;
  }

  /** The next frames, all there are; none after a `nudge`; null after `close`. Rejects when the session stays away. */
  async take(): Promise<SubscriptionFrame[] | null> {
    if (this.#queue.length === 0 && !this.#end) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#queue.length === 0 && this.#end) {
      if (this.#end.error) throw this.#end.error;
      return null;
    }
    const frames = this.#queue;
    this.#queue = [];
    for (const frame of frames) this.#cursor = seqOf(frame) ?? this.#cursor;
    return frames;
  }

  /** A waiting `take` gives no frames: time for a keepalive. */
  nudge(): void {
    this.#wake?.();
    this.#wake = null;
  }

  /** The reader has these behind it: only now the object may send as much again. */
  drained(frames: SubscriptionFrame[]): void {
    const sum = this.#drained;
    for (const frame of frames) {
      sum.seq = seqOf(frame) ?? sum.seq;
      if (frame.t === "events") sum.events += frame.events.length;
      if (frame.t === "events") for (const event of frame.events) sum.bytes += event.length;
      if (frame.t === "large") sum.events += 1;
      if (frame.t === "delta") sum.deltaBytes += frame.event.length + DELTA_COST_BYTES;
    }
    const due =
      sum.events * ACK_SHARE >= MAX_UNACKED_EVENTS ||
      sum.bytes * ACK_SHARE >= MAX_UNACKED_BYTES ||
      sum.deltaBytes * ACK_SHARE >= MAX_UNACKED_DELTA_BYTES;
    if (due) this.#ack();
    else this.#timer ??= setTimeout(() => this.#ack(), ACK_DELAY_MS);
  }

  /** From now on nothing above `seq` is acknowledged, whatever was drained: the reader counts for itself. */
  hold(seq: number): void {
    this.#limit = seq;
    this.#ack();
  }

  /** With an error the reader's stream breaks off. */
  close(error: Error | null = null): void {
    this.#finish(error);
  }

  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** One stored event's JSON as chunks, for a `large` frame. */
  event(seq: number): AsyncGenerator<Uint8Array> {
    const { stub, workspace } = this.#options;
    return storedEvent(
      () => stub().getEvent(workspace, seq),
      REOPEN_MS,
      () => this.#end !== null,
    );
  }

  async #connectWithin(ms: number, passes = true): Promise<void> {
    const deadline = setTimeout(() => this.#finish(new Error("the session cannot be reached")), ms);
    let wait = FIRST_WAIT_MS;
    while (!this.#end) {
      try {
        await Promise.race([this.#connect(), this.#ended.promise]);
        break;
      } catch (error) {
        if (error instanceof ApiError && !(passes && error.wire.noRetry)) this.#finish(error);
        else await Promise.race([pause(wait * (0.5 + Math.random() / 2)), this.#ended.promise]);
        wait = Math.min(2 * wait, MAX_WAIT_MS);
      }
    }
    clearTimeout(deadline);
  }

  async #connect(): Promise<void> {
    const { stub, workspace, thread, deltas } = this.#options;
    const query = new URLSearchParams({ frames: FRAMES });
    if (thread !== null) query.set("thread", thread);
    if (this.#cursor !== null) query.set("after", String(this.#cursor));
    if (deltas.length > 0) query.set("deltas", deltas.join(","));
    const headers = { upgrade: "websocket", "x-sinew-workspace": workspace };
    const response = await stub().fetch(new Request(`http://session/stream?${query}`, { headers }));
    const ws = response.webSocket;
    if (!ws) throw await refusal(response);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    ws.addEventListener("message", ({ data }) => {
      const frame = decodeFrame(data as string);
      if (frame.t !== "subscribed") this.#receive(ws, frame);
      else if (this.#end) ws.close(1000);
      else {
        this.#ws = ws;
        this.#cursor ??= frame.seq;
        resolve();
      }
    });
    const lost = () => {
      reject(new Error("the session's socket closed"));
      this.#lost(ws);
    };
    ws.addEventListener("close", lost);
    ws.addEventListener("error", lost);
    ws.accept();
    await promise;
  }

  #receive(ws: WebSocket, frame: SubscriptionFrame): void {
    if (this.#ws !== ws) return;
    this.#queue.push(frame);
    // The last frame: a socket that closes after it is not a lost one.
    if (frame.t === "deleted") this.#ws = null;
    this.nudge();
  }

  /** What was not handed out yet is dropped: the next socket brings it again, and the two together stay within one credit. */
  #lost(ws: WebSocket): void {
    if (this.#ws !== ws || this.#end) return;
    this.#ws = null;
    this.#queue = [];
    void this.#connectWithin(REOPEN_MS);
  }

  #ack(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const seq = Math.min(this.#drained.seq, this.#limit);
    this.#drained = { seq: this.#drained.seq, events: 0, bytes: 0, deltaBytes: 0 };
    try {
      this.#ws?.send(JSON.stringify({ t: "ack", seq } satisfies FromSubscriber));
    } catch {
      // The socket is closing: its close event opens the next one, whose credit begins anew.
    }
  }

  #finish(error: Error | null): void {
    if (this.#end) return;
    this.#end = { error };
    clearTimeout(this.#timer);
    const ws = this.#ws;
    this.#ws = null;
    ws?.close(1000);
    this.#ended.resolve();
    this.nudge();
  }
}

function seqOf(frame: SubscriptionFrame): number | null {
  if (frame.t === "events") return frame.seqs.at(-1) ?? null;
  return frame.t === "large" ? frame.seq : null;
}

/** A refusal is final; a server error may pass, to a reader who had the session open even one that asks not to come back: a build is rolled back. */
async function refusal(response: Response): Promise<Error> {
  const text = (await response.text()).slice(0, MAX_REASON);
  if (response.status === 404) return new ApiError(notFound(text || "the session was not found"));
  if (response.status >= 400 && response.status < 500) return new ApiError(invalid(text || "the stream was refused"));
  if (response.headers.get("x-should-retry") !== "false") return new Error(`the session answered ${response.status}`);
  return new ApiError({ status: 500, type: "api_error", message: text, noRetry: true });
}
