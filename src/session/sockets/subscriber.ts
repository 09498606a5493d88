/** One subscriber: its credit, its previews, and the part of it that its socket's attachment carries through an eviction. */
import { DELTA_TYPES } from "../../protocol/events.ts";
import type { Credit, EventFrame } from "./frames.ts";
import type { ThreadPreview } from "./previews.ts";
import { DELTA_COST_BYTES, MAX_UNACKED_BYTES, MAX_UNACKED_DELTA_BYTES, MAX_UNACKED_EVENTS } from "./wire.ts";

/** Raised when the attachment's tuple or the frames change: a socket opened under another build is closed, and its reader opens a new one at its seq. */
const VERSION = 2;
type Attachment = [version: number, thread: number, sent: number, events: number, bytes: number, deltas: string[]];

export class Subscriber {
  readonly thread: number;
  /** The last seq sent, or where the subscription began. */
  sent: number;
  /** There may be stored rows after `sent`: only the log knows what comes next. */
  behind = true;
  /** A frame for when it is level: an event that no log brings. */
  announced: string | null = null;
  /** Types of the events whose previews it asked for. */
  readonly deltas: string[];
  /** Sent and not acknowledged. */
  #events = 0;
  #bytes = 0;
  /** The frames that make up the two counters, oldest first; what was unacknowledged at an eviction counts as one frame. */
  #window: { seq: number; events: number; bytes: number }[] = [];
  /** It was here when the running model request started. */
  #previews = false;
  /** The event whose previews it has had without a gap. */
  #live: string | null = null;
  /** Cost of the delta frames since the last ack. */
  #deltaBytes = 0;

  constructor(thread: number, sent: number, deltas: string[]) {
    this.thread = thread;
    this.sent = sent;
    this.deltas = DELTA_TYPES.filter((type) => deltas.includes(type));
  }

  /** Null for an attachment that this build did not write. */
  static restore(value: unknown): Subscriber | null {
    if (!Array.isArray(value) || value[0] !== VERSION) return null;
    const [, thread, sent, events, bytes, deltas] = value as Attachment;
    const subscriber = new Subscriber(thread, sent, deltas);
    subscriber.#events = events;
    subscriber.#bytes = bytes;
    if (events > 0) subscriber.#window = [{ seq: sent, events, bytes }];
    return subscriber;
  }

  /** Far below the platform's 16,384 bytes: a few numbers and at most two short texts. */
  attachment(): Attachment {
    return [VERSION, this.thread, this.sent, this.#events, this.#bytes, this.deltas];
  }

  credit(): Credit {
    return { events: MAX_UNACKED_EVENTS - this.#events, bytes: MAX_UNACKED_BYTES - this.#bytes };
  }

  gave(frame: EventFrame): void {
    this.sent = frame.seq;
    this.#events += frame.events;
    this.#bytes += frame.bytes;
    this.#window.push({ seq: frame.seq, events: frame.events, bytes: frame.bytes });
  }

  acknowledge(seq: number): void {
    this.#deltaBytes = 0;
    while (this.#window[0] && this.#window[0].seq <= seq) {
      const frame = this.#window.shift();
      this.#events -= frame?.events ?? 0;
      this.#bytes -= frame?.bytes ?? 0;
    }
  }

  /** A model request of its thread starts or ends: previews are for those who saw the start, and never outlive the request. */
  request(running: boolean): void {
    this.#previews = running;
    this.#live = null;
  }

  /** The event is stored: nothing more is sent for its id. */
  settled(id: string): void {
    if (this.#live === id) this.#live = null;
  }

  wants(preview: ThreadPreview): boolean {
    return this.#previews && this.thread === preview.thread && this.deltas.includes(preview.type);
  }

  /** Whether this preview, a frame of `length` characters, is sent. One that is not silences its id: what was sent stays a prefix without a gap. */
  takes(preview: ThreadPreview, length: number): boolean {
    if (!this.wants(preview) || !(preview.kind === "start" || this.#live === preview.id)) return false;
    this.#deltaBytes += length + DELTA_COST_BYTES;
    const fits = !this.behind && this.#deltaBytes <= MAX_UNACKED_DELTA_BYTES;
    this.#live = fits ? preview.id : null;
    return fits;
  }
}
