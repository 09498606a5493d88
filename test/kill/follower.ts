/** A reader that never gives up: server-sent events over plain HTTP, and `Last-Event-ID` after every loss. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Connection, StreamItem, WireEvent } from "../checker/dump.ts";
import type { Random } from "../sim/random.ts";
import { openStream, type SseClient, type SseFrame } from "../streams/client.ts";

const WAIT_MS = 150;
const PATIENCE_MS = 30_000;

export class Follower {
  readonly connections: Connection[] = [];
  /** The seq and id of the newest stored event received. */
  last = { seq: 0, id: "" };
  /** When the newest response, result or idle came: the session's progress as seen from outside. */
  progressAt = 0;
  status = "";
  readonly #url: string;
  readonly #key: string;
  readonly #random: Random;
  #stream: SseClient | null = null;
  #stopped = false;
  #running: Promise<void> = Promise.resolve();

  constructor(parts: { url: string; key: string; session: string; previews: boolean; random: Random }) {
    const query = parts.previews ? "?event_deltas[]=agent.message" : "";
    this.#url = `${parts.url}/v1/sessions/${parts.session}/events/stream${query}`;
    this.#key = parts.key;
    this.#random = parts.random;
  }

  start(): void {
    this.#stopped = false;
    this.#running = this.#loop();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#stream?.close();
    await this.#running;
  }

  /** Whether the reader gets as far as the event while nothing else happens any more. */
  async reaches(id: string): Promise<boolean> {
    for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await sleep(WAIT_MS / 10))
      if (this.last.id === id) return true;
    return false;
  }

  async #loop(): Promise<void> {
    while (!this.#stopped) {
      await this.#connection().catch(() => {});
      this.#stream = null;
      await sleep(this.#random.below(WAIT_MS));
    }
  }

  async #connection(): Promise<void> {
    const stream = await openStream(this.#url, {
      "x-api-key": this.#key,
      "anthropic-version": "2026-10-21",
      "anthropic-beta": "managed-agents-2026-04-01",
      "last-event-id": String(this.last.seq),
    });
    if (stream.status !== 200) return;
    this.#stream = stream;
    if (this.#stopped) stream.close();
    const connection: Connection = { after: this.last.seq, items: [], open: false };
    this.connections.push(connection);
    for (let seen = 0; ; ) {
      try {
        await stream.until(() => stream.frames.length > seen);
      } finally {
        for (; seen < stream.frames.length; seen++) connection.items.push(this.#take(stream.frames[seen] as SseFrame));
      }
    }
  }

  #take({ id, data }: SseFrame): StreamItem {
    if (data.type === "event_start") return { t: "start", id: (data.event as { id: string }).id };
    if (data.type === "event_delta") {
      const { index, content } = data.delta as { index: number; content: { text: string } };
      return { t: "delta", id: String(data.event_id), index, text: content.text };
    }
    this.last = { seq: Number(id), id: String(data.id) };
    const response = data.type === "span.model_request_end" && data.is_error === false;
    if (response || data.type.endsWith("tool_result") || data.type === "session.status_idle")
      this.progressAt = Date.now();
    if (data.type.startsWith("session.status_")) this.status = data.type;
    return { t: "event", seq: this.last.seq, id: this.last.id, event: data as unknown as WireEvent };
  }
}
