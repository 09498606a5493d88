/**
 * The subscribers of a session: hibernating WebSockets that follow one thread of the log each (shared design §6, reliability.md §5.8).
 *
 * There is no queue, only a cursor. A subscriber acknowledges what it has drained; with too much unacknowledged it is *behind* and gets nothing
 * until an ack, then pages from the log until it is level again. Its cursor and its credit are in its socket's attachment, so an evicted
 * object serves it from the next commit as if nothing had happened. Previews alone live in memory: after an eviction a subscriber gets
 * none until the next model request starts, which is what a newly opened one gets too (spec/core.md §4.7).
 */
import type { Row } from "../../log/rows.ts";
import { Page } from "./frames.ts";
import { type Later, Previews, previewText, type ThreadPreview } from "./previews.ts";
import { Subscriber } from "./subscriber.ts";
import { ackOf, encodeFrame, FRAMES } from "./wire.ts";

/** WebSocket close codes. A reader that is told `restart` opens a new socket at its seq. */
const CLOSE_NORMAL = 1000;
const CLOSE_RESTART = 1012;
const CLOSE_BROKEN = 1011;

/** What is asked of the log. Both answer at once: subscription and backlog are one synchronous block. */
export interface LogReader {
  /** The newest seq of the session, any thread; 0 for an empty log. */
  lastSeq(): number;
  /** Rows of a thread with seq > `seq`, in order: at most `events` rows and about `bytes` bytes of text, at least one row if any. */
  after(thread: number, seq: number, limit: { events: number; bytes: number }): Row[];
}

/** The part of a WebSocket that is used. */
export interface Socket {
  /** Throws when the socket is dead. */
  send(text: string): void;
  close(code?: number, reason?: string): void;
  serializeAttachment(value: unknown): void;
  deserializeAttachment(): unknown;
}

/** The part of `DurableObjectState` that is used. */
export interface SocketHost {
  acceptWebSocket(ws: Socket): void;
  getWebSockets(): Socket[];
}

export class Sockets {
  readonly #host: SocketHost;
  readonly #log: LogReader;
  readonly #previews: Previews;
  /** By thread: ids of the running model request that have been announced or stored. */
  readonly #settled = new Map<number, Set<string>>();
  #subscribers: Map<Socket, Subscriber> | null = null;

  constructor(parts: { ctx: SocketHost; log: LogReader; later?: Later }) {
    this.#host = parts.ctx;
    this.#log = parts.log;
    this.#previews = new Previews(
      (preview) => this.#emit(preview),
      parts.later ?? ((run, ms) => void setTimeout(run, ms)),
    );
  }

  /**
   * Answers `GET …/stream` (wire.ts) with 101 and a subscribed socket; with 400 and a sentence for an `after` that is no seq of this log, with 503
   * for frames of another build. The caller has checked workspace and thread.
   */
  accept(request: Request, target: { thread: number }): Response {
    const query = new URL(request.url).searchParams;
    const text = query.get("after");
    const after = text === null ? null : Number(text);
    if (text !== null && !(/^\d{1,15}$/.test(text) && Number(text) <= this.#log.lastSeq())) {
      return new Response(
        "after: not a seq of this session; open the stream without it, or at a seq that was received",
        { status: 400 },
      );
    }
    if (query.get("frames") !== FRAMES) return new Response("this stream is another build's", { status: 503 });
    const { 0: client, 1: server } = new WebSocketPair();
    this.subscribe(server, { thread: target.thread, after, deltas: query.get("deltas")?.split(",") ?? [] });
    return new Response(null, { status: 101, webSocket: client });
  }

  /** Backlog page and subscription in one synchronous block; the first frame is `subscribed`. `after` null: from now. */
  subscribe(ws: Socket, want: { thread: number; after: number | null; deltas: string[] }): void {
    const last = this.#log.lastSeq();
    const all = this.#all();
    this.#host.acceptWebSocket(ws);
    const subscriber = new Subscriber(want.thread, want.after ?? last, want.deltas);
    all.set(ws, subscriber);
    if (!this.#send(ws, encodeFrame({ t: "subscribed", seq: last }))) return;
    this.#catchUp(ws, subscriber);
    this.#save(ws, subscriber);
  }

  /** After each commit, with its rows in seq order. Twice with the same rows sends them once. */
  publish(rows: Row[]): void {
    const threads = Map.groupBy(rows, (row) => row.thread);
    const pages = new Map<number, Page>();
    for (const [thread, own] of threads) {
      this.#previews.flush(thread);
      this.#follow(thread, own);
      pages.set(thread, new Page(own));
    }
    for (const [ws, subscriber] of this.#all()) {
      const page = pages.get(subscriber.thread);
      if (!page || subscriber.behind) continue;
      const from = page.rows.findIndex((row) => row.seq > subscriber.sent);
      if (from === -1) continue;
      subscriber.behind = this.#give(ws, subscriber, page, from) < page.rows.length;
      this.#save(ws, subscriber);
    }
  }

  /** What shows of the model's stream. Costs nothing while nobody asked for it. */
  preview(preview: ThreadPreview): void {
    for (const subscriber of this.#all().values()) {
      if (!subscriber.wants(preview)) continue;
      this.#previews.push(preview);
      return;
    }
  }

  /** `webSocketMessage`. Frames that are no ack are skipped: a newer Worker may know more kinds. */
  message(ws: Socket, text: string | ArrayBuffer): void {
    const subscriber = this.#all().get(ws);
    const seq = ackOf(text);
    if (!subscriber || seq === null) return;
    subscriber.acknowledge(seq);
    this.#goOn(ws, subscriber);
  }

  /** `webSocketClose` and `webSocketError`. */
  close(ws: Socket): void {
    this.#all().delete(ws);
  }

  /** Shows the readers of a thread an event that is not stored, as if it were at the newest seq; those who are behind see it once they are level. */
  announce(thread: number, eventText: string): void {
    const seqs = [this.#log.lastSeq()];
    const text = encodeFrame({ t: "events", seqs, events: [eventText] });
    for (const [ws, subscriber] of this.#all()) {
      if (subscriber.thread !== thread) continue;
      if (subscriber.behind) subscriber.announced = text;
      else this.#send(ws, text);
    }
  }

  /** Something stored could not be told: every reader comes again, at the seq that it has. */
  restart(): void {
    for (const ws of this.#host.getWebSockets()) this.#drop(ws, CLOSE_RESTART, "an event could not be told");
  }

  /** The session is deleted: `session.deleted` is the last frame, then every socket closes. */
  deleted(eventText: string): void {
    const text = encodeFrame({ t: "deleted", event: eventText });
    for (const ws of [...this.#all().keys()]) {
      if (this.#send(ws, text)) this.#drop(ws, CLOSE_NORMAL, "deleted");
    }
  }

  #emit(preview: ThreadPreview): void {
    const { thread, id } = preview;
    if (preview.kind === "start") {
      const settled = this.#settled.get(thread) ?? new Set();
      if (settled.has(id)) return;
      this.#settled.set(thread, settled.add(id));
    }
    const text = encodeFrame({ t: "delta", event: previewText(preview) });
    for (const [ws, subscriber] of this.#all()) {
      if (subscriber.takes(preview, text.length)) this.#send(ws, text);
    }
  }

  /** What the stored rows of a thread mean for its previews. */
  #follow(thread: number, rows: Row[]): void {
    const readers = [...this.#all().values()].filter((reader) => reader.thread === thread && reader.deltas.length > 0);
    for (const row of rows) {
      if (row.type === "span.model_request_start") this.#settled.set(thread, new Set());
      this.#settled.get(thread)?.add(row.id);
      for (const reader of readers) {
        reader.settled(row.id);
        if (row.type === "span.model_request_start") reader.request(true);
        if (row.type === "span.model_request_end") reader.request(false);
      }
    }
  }

  /** Pages from the log until the subscriber is level or its credit is used up. */
  #catchUp(ws: Socket, subscriber: Subscriber): void {
    while (subscriber.behind) {
      const credit = subscriber.credit();
      if (credit.events <= 0 || credit.bytes <= 0) return;
      const page = new Page(this.#log.after(subscriber.thread, subscriber.sent, credit));
      if (page.rows.length === 0) subscriber.behind = false;
      else if (this.#give(ws, subscriber, page, 0) < page.rows.length) return;
    }
    if (subscriber.announced !== null) this.#send(ws, subscriber.announced);
    subscriber.announced = null;
  }

  /** Sends rows of the page from `from` on, as many as the credit allows; the index of the first one not sent. */
  #give(ws: Socket, subscriber: Subscriber, page: Page, from: number): number {
    let next = from;
    for (let frame = page.take(next, subscriber.credit()); frame; frame = page.take(next, subscriber.credit())) {
      if (!this.#send(ws, frame.text)) return next;
      subscriber.gave(frame);
      next = frame.next;
    }
    return next;
  }

  /** False when the socket is dead, and then the subscriber is gone; the others are not touched. */
  #send(ws: Socket, text: string): boolean {
    try {
      ws.send(text);
      return true;
    } catch {
      this.#drop(ws, CLOSE_BROKEN, "send failed");
      return false;
    }
  }

  #drop(ws: Socket, code: number, reason: string): void {
    this.#subscribers?.delete(ws);
    try {
      ws.close(code, reason);
    } catch {
      // Already closed: that is what was wanted.
    }
  }

  /** Once per commit, page or ack, never once per event. */
  #save(ws: Socket, subscriber: Subscriber): void {
    if (this.#all().has(ws)) ws.serializeAttachment(subscriber.attachment());
  }

  /** The subscribers; after an eviction they are read back from their sockets and brought level. */
  #all(): Map<Socket, Subscriber> {
    if (this.#subscribers) return this.#subscribers;
    const subscribers = new Map<Socket, Subscriber>();
    this.#subscribers = subscribers;
    for (const ws of this.#host.getWebSockets()) {
      const subscriber = Subscriber.restore(ws.deserializeAttachment());
      if (!subscriber) {
        this.#drop(ws, CLOSE_RESTART, "opened under another build");
        continue;
      }
      subscribers.set(ws, subscriber);
      this.#goOn(ws, subscriber);
    }
    return subscribers;
  }

  /** Brings it level; one for whom the log cannot be read would wait for ever, so it comes again, and is told then what is wrong. */
  #goOn(ws: Socket, subscriber: Subscriber): void {
    try {
      this.#catchUp(ws, subscriber);
      this.#save(ws, subscriber);
    } catch {
      this.#drop(ws, CLOSE_RESTART, "the log could not be read");
    }
  }
}
