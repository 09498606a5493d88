import { newId } from "../protocol/ids.ts";
import { CONTENT_INLINE_BYTES, sha256 } from "./blob.ts";
import type { OutboxEntry } from "./outbox.ts";
import { reduce } from "./reduce.ts";
import { type BlobRef, type Content, INTERNAL, type InboxRow, PRIMARY, type Row } from "./rows.ts";
import type { State } from "./state.ts";

/** Microseconds that the newest row may be ahead of the clock before the log says so (reliability.md C36). */
const CLOCK_BEHIND = 5 * 60e6;

/** The alarm's named timers: `turn` is the watchdog of a running turn, `retry` a failed model request. */
export type TimerName = "turn" | "retry";
/** Due times in milliseconds since 1970. */
export type Timers = Partial<Record<TimerName, number>>;

/** An inbox row without its content, which stays in the database until a prompt or a list needs it. */
export type InboxEntry = Pick<InboxRow, "n" | "id" | "type" | "body" | "cred">;

/** What a post was answered with, kept so that a repeated post gets the same answer (reliability.md C2). */
export interface PostRecord {
  /** `cred:<name>` for the last accepted post of a credential, `key:<name>:<key>` for one with an Idempotency-Key. */
  key: string;
  digest: string;
  retry: number;
  /** Milliseconds since 1970. */
  at: number;
  echo: { id: string; ts: number | null }[];
}

export interface Fields {
  thread?: number;
  id?: string;
  body?: object | string;
  content?: Content | Uint8Array;
  note?: object;
  wire?: Content;
  cred?: string | null;
  n?: number | null;
}

/**
 * The rows of one commit, built in memory with the state that follows from them, so that a group of rows can be decided row by row and still
 * be written in one block. Nothing is stored until `Log.commit`; an abandoned batch has no effect.
 */
export class Batch {
  readonly rows: Row[] = [];
  queued: (InboxEntry & { content: Content })[] = [];
  readonly consumed: number[] = [];
  readonly blobs = new Map<string, Uint8Array>();
  readonly posts: PostRecord[] = [];
  timers: Timers;
  /** What waits to be delivered (outbox.ts): replaced, never changed. */
  outbox: readonly OutboxEntry[];
  state: State;
  inbox: InboxEntry[];
  lastN: number;
  /** The log's commit count when the batch was begun: a batch is stale once anything else was committed. */
  readonly version: number;
  readonly epoch: number;
  readonly now: number;
  readonly #random: ((bytes: Uint8Array) => Uint8Array) | undefined;
  /** The clock is behind the newest row, and a row says so. */
  clockTold: boolean;

  constructor(from: {
    state: State;
    inbox: InboxEntry[];
    lastN: number;
    timers: Timers;
    outbox: readonly OutboxEntry[];
    epoch: number;
    version: number;
    now: number;
    clockTold?: boolean;
    random?: (bytes: Uint8Array) => Uint8Array;
  }) {
    this.state = from.state;
    this.inbox = from.inbox;
    this.lastN = from.lastN;
    this.timers = { ...from.timers };
    this.outbox = from.outbox;
    this.epoch = from.epoch;
    this.now = from.now;
    this.version = from.version;
    this.#random = from.random;
    this.clockTold = from.clockTold === true && this.#behind();
  }

  newEventId(): string {
    return newId("sevt", this.#random);
  }

  /** Appends one event: seq and stamp are given here, the stamp never below the last one plus a microsecond (spec/core.md §4.6, @inferred). */
  add(type: string, fields: Fields = {}): Row {
    if (!this.clockTold && this.#behind()) {
      this.clockTold = true;
      this.add("x.clock", { thread: INTERNAL, body: { behind_micros: this.state.ts - this.now } });
    }
    const row: Row = {
      thread: fields.thread ?? PRIMARY,
      seq: this.state.seq + 1,
      id: fields.id ?? this.newEventId(),
      type,
      epoch: this.epoch,
      ts: Math.max(this.now, this.state.ts + 1),
      n: fields.n ?? null,
      origin: null,
      cred: fields.cred ?? null,
      body: typeof fields.body === "string" ? fields.body : JSON.stringify(fields.body ?? {}),
      content: this.#store(fields.content ?? null),
      note: fields.note ? JSON.stringify(fields.note) : null,
      wire: this.#store(fields.wire ?? null),
    };
    this.rows.push(row);
    this.state = reduce(this.state, row);
    return row;
  }

  /** Puts a client event into the inbox: acknowledged, not yet consumed. */
  queue(type: string, fields: { body: string; content: Content | Uint8Array; cred: string | null }): InboxEntry {
    this.lastN += 1;
    const entry = { n: this.lastN, id: this.newEventId(), type, body: fields.body, cred: fields.cred };
    this.queued.push({ ...entry, content: this.#store(fields.content) });
    this.inbox = [...this.inbox, entry];
    return entry;
  }

  /** Moves an inbox event into the log. Its content is copied inside the database; one that was queued in this batch never went there. */
  consume(entry: InboxEntry): Row {
    this.inbox = this.inbox.filter((one) => one.n !== entry.n);
    const own = this.queued.find((one) => one.n === entry.n);
    if (own) {
      this.queued = this.queued.filter((one) => one !== own);
      return this.add(own.type, { id: own.id, body: own.body, cred: own.cred, content: own.content });
    }
    this.consumed.push(entry.n);
    return this.add(entry.type, { id: entry.id, body: entry.body, cred: entry.cred, n: entry.n });
  }

  #behind(): boolean {
    return this.state.ts - this.now > CLOCK_BEHIND;
  }

  #store(content: Content | Uint8Array): Content {
    if (content === null || isRef(content)) return content;
    const size = typeof content === "string" ? content.length : content.byteLength;
    if (size * 3 <= CONTENT_INLINE_BYTES && typeof content === "string") return content;
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    if (bytes.byteLength <= CONTENT_INLINE_BYTES)
      return typeof content === "string" ? content : new TextDecoder().decode(content);
    const sha = sha256(bytes);
    this.blobs.set(sha, bytes);
    return { sha, bytes: bytes.byteLength, where: "sqlite" };
  }
}

function isRef(content: string | BlobRef | Uint8Array): content is BlobRef {
  return typeof content === "object" && "sha" in content;
}
