/** A stream held open beside the test, which waits for what it needs; nothing here is timed. */
import type Anthropic from "@anthropic-ai/sdk";
import type { BetaManagedAgentsStreamSessionEvents as Frame } from "@anthropic-ai/sdk/resources/beta/sessions/events";
import type { Stream } from "@anthropic-ai/sdk/streaming";

export type { Frame };
export type FrameOf<T extends Frame["type"]> = Extract<Frame, { type: T }>;
type Events = Parameters<Anthropic["beta"]["sessions"]["events"]["send"]>[1]["events"];
type Deltas = ("agent.message" | "agent.thinking")[];

export class Reader {
  readonly frames: Frame[] = [];
  /** Null while the connection is open. */
  end: "clean" | "broken" | null = null;
  /** What the SDK threw when the stream broke off. */
  thrown: unknown = null;
  readonly #stream: Stream<Frame>;
  #waiting: (() => void)[] = [];

  constructor(stream: Stream<Frame>) {
    this.#stream = stream;
    void this.#read();
  }

  /** Resolves with the n-th frame of a type; rejects if the stream ends before. */
  async nth<T extends Frame["type"]>(type: T, n = 1): Promise<FrameOf<T>> {
    for (;;) {
      const found = this.of(type)[n - 1];
      if (found) return found;
      if (this.end) throw new Error(`the stream ended (${this.end}) after: ${this.types().join(", ")}`);
      await new Promise<void>((go) => this.#waiting.push(go));
    }
  }

  /** The n-th time the session is idle. */
  idle(n = 1): Promise<FrameOf<"session.status_idle">> {
    return this.nth("session.status_idle", n);
  }

  /** Resolves when the connection has ended. */
  async ended(): Promise<"clean" | "broken"> {
    while (!this.end) await new Promise<void>((go) => this.#waiting.push(go));
    return this.end;
  }

  of<T extends Frame["type"]>(type: T): FrameOf<T>[] {
    return this.frames.filter((frame): frame is FrameOf<T> => frame.type === type);
  }

  types(): string[] {
    return this.frames.map((frame) => frame.type);
  }

  close(): void {
    this.#stream.controller.abort();
  }

  async #read(): Promise<void> {
    try {
      for await (const frame of this.#stream) {
        this.frames.push(frame);
        this.#wake();
      }
      this.end = "clean";
    } catch (error) {
      this.thrown = error;
      this.end = "broken";
    }
    this.#wake();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const go of waiting) go();
  }
}

export async function open(client: Anthropic, sessionId: string, deltas?: Deltas): Promise<Reader> {
  return new Reader(await client.beta.sessions.events.stream(sessionId, deltas ? { event_deltas: deltas } : {}));
}

/** Sends with a stream open, waits for the session to be idle, and gives what the stream showed. */
export async function turn(client: Anthropic, sessionId: string, events: Events, deltas?: Deltas): Promise<Reader> {
  const reader = await open(client, sessionId, deltas);
  await send(client, sessionId, ...events);
  await reader.idle();
  reader.close();
  return reader;
}

export function message(text: string) {
  return { type: "user.message" as const, content: [{ type: "text" as const, text }] };
}

/** Sends client events in one POST. */
export function send(client: Anthropic, sessionId: string, ...events: Events) {
  return client.beta.sessions.events.send(sessionId, { events });
}
