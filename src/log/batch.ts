import type { EventOf, EventType } from "../protocol/events.ts";
import { newId } from "../protocol/ids.ts";
import { CONTENT_INLINE_BYTES, sha256 } from "./blob.ts";
import { type BodyOf, eventKind, type Given, type InternalType, type NoteOf } from "./events.ts";
import type { OutboxEntry } from "./outbox.ts";
import { reduce } from "./reduce.ts";
import { type BlobRef, type Content, INTERNAL, type InboxRow, PRIMARY, type Row } from "./rows.ts";
import { findOpenCall, type SessionState, type ThreadState, threadAt } from "./state.ts";

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

/** Required where the type has required fields. */
type Part<K extends string, V> = Record<never, never> extends V ? { [P in K]?: V } : { [P in K]: V };
type ContentPart<T extends EventType> = "content" extends keyof EventOf<T>
  ? EventOf<T> extends { content: unknown }
    ? { content: Content | Uint8Array }
    : { content?: Content | Uint8Array }
  : unknown;

/** What an event of this type is written with; `wire`: see `Row`. */
export type EventFields<T extends EventType> = Part<"body", BodyOf<T>> &
  Part<"note", NoteOf<T>> &
  ContentPart<T> & { id?: string | undefined; wire?: Content };

/** They may be left out where nothing of them is required. */
export type EventArguments<T extends EventType> =
  Record<never, never> extends EventFields<T> ? [fields?: EventFields<T>] : [fields: EventFields<T>];

/** What all of them are, seen without the type. */
type AnyFields = Pick<RawFields, "id" | "content" | "wire"> & { body?: object; note?: object };

/** A row whose JSON is text already. */
export interface RawFields {
  type: string;
  id?: string | undefined;
  body: string;
  content?: Content | Uint8Array;
  note?: string | null;
  wire?: Content;
  cred?: string | null;
  n?: number | null;
  origin?: string | null;
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
  state: SessionState;
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
    state: SessionState;
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

  /** The same batch, as one thread of the session sees it. */
  on(thread: number): ThreadBatch {
    return new ThreadBatch(this, thread);
  }

  newEventId(): string {
    return newId("sevt", this.#random);
  }

  /** Appends one event to a thread. What the registry asks of its type and is not given does not compile. */
  add<T extends EventType>(thread: number, type: T, ...[fields]: EventArguments<T>): Row {
    const { body = {}, note, ...rest }: AnyFields = fields ?? {};
    const text = { body: JSON.stringify(body), note: note ? JSON.stringify(note) : null };
    return this.append(thread, { type, ...rest, ...text }, { body, note: note ?? {} });
  }

  /** Appends one row of the log's own. */
  addInternal<T extends InternalType>(type: T, body: BodyOf<T>): Row {
    return this.append(INTERNAL, { type, body: JSON.stringify(body) }, { body, note: {} });
  }

  /**
   * Appends one row whose JSON is text already. Seq and stamp are given here, the stamp never below the last one plus a microsecond
   * (spec/core.md §4.6: one clock per session; @inferred).
   */
  append(thread: number, fields: RawFields, given?: Given): Row {
    if (!this.clockTold && this.#behind()) {
      this.clockTold = true;
      this.addInternal("x.clock", { behind_micros: this.state.ts - this.now });
    }
    const row: Row = {
      thread,
      seq: this.state.seq + 1,
      id: fields.id ?? this.newEventId(),
      type: fields.type,
      epoch: this.epoch,
      ts: Math.max(this.now, this.state.ts + 1),
      n: fields.n ?? null,
      origin: fields.origin ?? null,
      cred: fields.cred ?? null,
      body: fields.body,
      content: this.#store(fields.content ?? null),
      note: fields.note ?? null,
      wire: this.#store(fields.wire ?? null),
    };
    this.rows.push(row);
    this.state = reduce(this.state, row, given);
    return row;
  }

  /** Shows a child thread's event in the primary thread's list too, as a row of its own that names its thread (spec/core.md §11). */
  copyToPrimary({ id, thread, type, body, content }: Row): void {
    if (thread === PRIMARY) return;
    const { threadId } = threadAt(this.state, thread);
    const named = body.includes('"session_thread_id"')
      ? body
      : JSON.stringify({ ...(JSON.parse(body) as object), session_thread_id: threadId });
    this.append(PRIMARY, { type, body: named, content, origin: id });
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
    const { n, id, type, body, cred } = entry;
    const thread = inboxThread(this.state, entry);
    this.inbox = this.inbox.filter((one) => one.n !== n);
    const own = this.queued.find((one) => one.n === n);
    if (own) {
      this.queued = this.queued.filter((one) => one !== own);
      return this.append(thread, { type, id, body, cred, content: own.content });
    }
    this.consumed.push(n);
    return this.append(thread, { type, id, body, cred, n });
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

/** A batch as one thread sees it: its rows go to that thread, its state and inbox are that thread's. */
export class ThreadBatch {
  readonly batch: Batch;
  readonly thread: number;

  constructor(batch: Batch, thread: number) {
    this.batch = batch;
    this.thread = thread;
  }

  get state(): ThreadState {
    return threadAt(this.batch.state, this.thread);
  }

  get session(): SessionState {
    return this.batch.state;
  }

  /** What waits for this thread, in the order of acceptance. */
  get inbox(): InboxEntry[] {
    const { inbox, state } = this.batch;
    return inbox.filter((entry) => inboxThread(state, entry) === this.thread);
  }

  add<T extends EventType>(type: T, ...fields: EventArguments<T>): Row {
    return this.batch.add(this.thread, type, ...fields);
  }
}

/** Whose input an entry is: an answer's is the thread that made the call, everything else is for the primary thread. */
function inboxThread(state: SessionState, entry: Pick<InboxEntry, "type" | "body">): number {
  const target = answeredCall(entry);
  return target === undefined ? PRIMARY : (findOpenCall(state, target)?.thread ?? PRIMARY);
}

/** The id of the call that an event answers; undefined for an event that is no answer. */
export function answeredCall({ type, body }: Pick<InboxEntry, "type" | "body">): string | undefined {
  const field = eventKind(type)?.answers;
  if (field === undefined) return undefined;
  const target: Partial<Record<string, unknown>> = JSON.parse(body);
  return typeof target[field] === "string" ? target[field] : undefined;
}

function isRef(content: string | BlobRef | Uint8Array): content is BlobRef {
  return typeof content === "object" && "sha" in content;
}
