/**
 * Rows of one thread as socket frames. A page is built once per commit (or per read of the log) and shared by every subscriber that takes
 * the same stretch of it, so that fan-out costs one JSON text and not one per socket.
 */
import { Buffer } from "node:buffer";
import { eventText, type Row } from "../../log/rows.ts";
import { encodeFrame, type ToSubscriber } from "./wire.ts";

/** A quarter of the credit, so that a reader drains one frame while the next is on its way. */
const FRAME_EVENTS = 64;
const FRAME_BYTES = 256 * 1024;
/** A `large` frame costs this much credit; its content does not travel on the socket. */
const LARGE_BYTES = 64;

export interface Credit {
  events: number;
  bytes: number;
}

export interface EventFrame {
  text: string;
  /** Index of the first row after the frame. */
  next: number;
  /** The last row's seq. */
  seq: number;
  events: number;
  bytes: number;
}

type Item = { large: true; bytes: number } | { large: false; bytes: number; text: string };

export class Page {
  readonly rows: Row[];
  readonly #items: Item[] = [];
  readonly #texts = new Map<string, string>();

  constructor(rows: Row[]) {
    this.rows = rows;
  }

  /** The next frame from row `from` on that the credit allows, or null when it allows none (or the page has ended). */
  take(from: number, credit: Credit): EventFrame | null {
    let next = from;
    let bytes = 0;
    const most = Math.min(FRAME_EVENTS, credit.events);
    while (next < this.rows.length && next - from < most) {
      const item = this.#item(next);
      const first = next === from;
      if (bytes + item.bytes > credit.bytes) break;
      if (!first && (item.large || bytes + item.bytes > FRAME_BYTES)) break;
      bytes += item.bytes;
      next += 1;
      if (item.large) break;
    }
    if (next === from) return null;
    return { text: this.#text(from, next), next, seq: this.#seq(next - 1), events: next - from, bytes };
  }

  #text(from: number, next: number): string {
    const key = `${from}:${next}`;
    const known = this.#texts.get(key);
    if (known !== undefined) return known;
    const text = encodeFrame(this.#frame(from, next));
    this.#texts.set(key, text);
    return text;
  }

  #frame(from: number, next: number): ToSubscriber {
    const seqs: number[] = [];
    const events: string[] = [];
    for (let i = from; i < next; i++) {
      const item = this.#item(i);
      if (item.large) return { t: "large", seq: this.#seq(i) };
      seqs.push(this.#seq(i));
      events.push(item.text);
    }
    return { t: "events", seqs, events };
  }

  #item(index: number): Item {
    const known = this.#items[index];
    if (known) return known;
    const item = measure(this.rows[index] as Row);
    this.#items[index] = item;
    return item;
  }

  #seq(index: number): number {
    return (this.rows[index] as Row).seq;
  }
}

function measure(row: Row): Item {
  if (row.content !== null && typeof row.content !== "string") return { large: true, bytes: LARGE_BYTES };
  const text = eventText(row);
  const bytes = Buffer.byteLength(text);
  // A frame is never longer than this, so a reader that has acknowledged everything always gets the next row.
  return bytes > FRAME_BYTES ? { large: true, bytes: LARGE_BYTES } : { large: false, bytes, text };
}
