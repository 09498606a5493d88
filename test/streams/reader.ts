/** The parts that the socket tests share: a log in memory, sockets that are plain objects, and a reader that keeps what it got. */
import { serialize } from "node:v8";
import { PRIMARY, type Row } from "../../src/log/rows.ts";
import { type LogReader, type Socket, type SocketHost, Sockets } from "../../src/session/sockets/sockets.ts";
import { decodeFrame, type ToSubscriber } from "../../src/session/sockets/wire.ts";

/** mulberry32: a seed gives the same run for ever. */
export function seeded(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

export class MemoryLog implements LogReader {
  readonly rows: Row[] = [];
  reads = 0;

  append(thread: number, type: string, more: { id?: string; content?: Row["content"]; body?: string } = {}): Row {
    const seq = this.lastSeq() + 1;
    const row: Row = {
      thread,
      seq,
      id: more.id ?? `sevt_${seq}`,
      type,
      epoch: 1,
      ts: 1_700_000_000_000_000 + seq,
      n: null,
      origin: null,
      cred: null,
      body: more.body ?? "{}",
      content: more.content ?? null,
      wire: null,
      note: null,
    };
    this.rows.push(row);
    return row;
  }

  lastSeq(): number {
    return this.rows.length;
  }

  after(thread: number, seq: number, limit: { events: number; bytes: number }): Row[] {
    this.reads += 1;
    const page: Row[] = [];
    let bytes = 0;
    for (const row of this.rows.slice(seq)) {
      if (row.thread !== thread) continue;
      if (page.length > 0 && (page.length >= limit.events || bytes >= limit.bytes)) break;
      page.push(row);
      bytes += typeof row.content === "string" ? row.content.length : 64;
    }
    return page;
  }
}

export class PlainSocket implements Socket {
  readonly frames: ToSubscriber[] = [];
  closed: number | null = null;
  dead = false;
  writes = 0;
  #attachment: unknown = null;

  send(text: string): void {
    if (this.dead || this.closed !== null) throw new Error("the socket is closed");
    this.frames.push(decodeFrame(text));
  }
  close(code?: number): void {
    this.closed = code ?? 1005;
  }
  serializeAttachment(value: unknown): void {
    if (serialize(value).length > 16_384) throw new Error("attachment too long");
    this.writes += 1;
    this.#attachment = structuredClone(value);
  }
  deserializeAttachment(): unknown {
    return structuredClone(this.#attachment);
  }
}

export class PlainHost implements SocketHost {
  sockets: PlainSocket[] = [];
  acceptWebSocket(ws: Socket): void {
    if (!(ws instanceof PlainSocket)) throw new Error("not a socket of this host");
    this.sockets.push(ws);
  }
  getWebSockets(): PlainSocket[] {
    return this.sockets.filter((ws) => ws.closed === null);
  }
}

/** A timer that a test fires. */
export class Clock {
  #due: (() => void)[] = [];
  readonly later = (run: () => void): void => {
    this.#due.push(run);
  };
  tick(): void {
    const due = this.#due;
    this.#due = [];
    for (const run of due) run();
  }
  get armed(): number {
    return this.#due.length;
  }
}

/** The seqs of stored events in the order received; a `large` frame counts as its event. */
export function seqsOf(frames: ToSubscriber[]): number[] {
  return frames.flatMap((frame) => (frame.t === "events" ? frame.seqs : frame.t === "large" ? [frame.seq] : []));
}

/** What was sent and is above `acked`: events, and bytes of event text. Reads from the newest frame back. */
export function unacked(frames: ToSubscriber[], acked: number): { events: number; bytes: number } {
  let events = 0;
  let bytes = 0;
  for (let at = frames.length - 1; at >= 0; at--) {
    const frame = frames[at] as ToSubscriber;
    if (frame.t !== "events") continue;
    if ((frame.seqs.at(-1) as number) <= acked) break;
    const fresh = frame.events.filter((_, i) => (frame.seqs[i] as number) > acked);
    events += fresh.length;
    bytes += fresh.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  }
  return { events, bytes };
}

/** A log, its subscribers, and hands to move them. */
export function openSockets() {
  const host = new PlainHost();
  const log = new MemoryLog();
  let sockets = new Sockets({ ctx: host, log });
  const commit = (count: number, thread = PRIMARY, content: string | null = null) => {
    const rows = Array.from({ length: count }, () => log.append(thread, "agent.message", { content }));
    sockets.publish(rows);
    return rows;
  };
  const subscribe = (after: number | null = null, thread = PRIMARY) => {
    const ws = new PlainSocket();
    sockets.subscribe(ws, { thread, after, deltas: [] });
    return ws;
  };
  const ack = (ws: PlainSocket, seq: number) => sockets.message(ws, JSON.stringify({ t: "ack", seq }));
  const evict = () => {
    sockets = new Sockets({ ctx: host, log });
  };
  return { host, log, commit, subscribe, ack, evict, sockets: () => sockets };
}
