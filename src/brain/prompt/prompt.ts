import type { Batch, ThreadBatch } from "../../log/batch.ts";
import { joined } from "../../log/bytes.ts";
import type { PromptRow } from "../../log/list.ts";
import { byteStream } from "../../log/read.ts";
import type { BlobRef, Content, Row } from "../../log/rows.ts";
import type { OpenRequest, ThreadState } from "../../log/state.ts";
import { Context, type Piece, withBreakpoint } from "./context.ts";
import { Hashed, KEPT_BYTES, type Measured } from "./hash.ts";

/** Where the stored bytes of one thread's prompt come from. */
export interface PromptSource {
  /** Its rows with seq > after, without their bytes. */
  rowsAfter(seq: number): PromptRow[];
  /** A row's column; a consumed row may still be in the inbox under its ordinal. */
  column(seq: number, n: number | null, column: "content" | "wire"): Content;
  /** A blob of this database. */
  blob(sha: string): Iterable<Uint8Array>;
  /** A blob elsewhere. */
  remote(ref: BlobRef): AsyncIterable<Uint8Array>;
}

/** What stands around the messages, from the session's snapshot: the same bytes for ever, but for what the arguments say. */
export interface PromptFrame {
  /** `opening`: the agent whose tools stand there (`Agents`), which `batch` may hold. */
  prefix(dropBlock: boolean, opening: number, batch?: Batch): string;
  suffix(previousMessageId: string | null): string;
}

/**
 * The bytes of the next model request. History is append-only, so what a response has closed is read and hashed once; each request adds only
 * what came since (reliability.md §5.6, T7).
 */
export class Prompt {
  readonly #source: PromptSource;
  readonly #frame: PromptFrame;
  #context = new Context();
  /** The id of the newest row in the context. */
  #newest: string | null = null;
  #dropBlock = false;
  #opening = 0;
  #hashed = new Hashed();
  /** How many closed pieces are in it. */
  #taken = 0;
  /** The hash of what was measured last. */
  #measured: string | null = null;
  /** The bytes of that after what is hashed for good, where they are few. */
  #leaving: Uint8Array[] | null = null;
  /** How often rows were taken in: who waits for R2 meanwhile sees that it is not alone. */
  #looks = 0;

  constructor(source: PromptSource, frame: PromptFrame) {
    this.#source = source;
    this.#frame = frame;
    this.#restart();
  }

  /** Hash and length of the request that this batch would open; null when a part is in R2, which cannot be read at once. */
  measure(t: ThreadBatch): Measured | null {
    const { batch } = t;
    this.#catchUp(t);
    for (const piece of this.#unhashed()) {
      const chunks = [...this.#read(piece, batch)];
      if (chunks.some(isRemote)) return null;
      this.#absorb(chunks as Uint8Array[]);
    }
    const measuring = this.#hashed.begin();
    const rest: Uint8Array[] = [];
    for (const chunk of this.#rest(t)) {
      if (isRemote(chunk)) return null;
      measuring.add(chunk);
      rest.push(chunk);
    }
    const measured = measuring.end();
    this.#measured = measured.sha;
    // What was just read leaves in a moment.
    this.#leaving = rest;
    return measured;
  }

  /** The same, reading what is in R2. Null when the prompt was looked at by another while it waited: the caller asks again. */
  async measureRemote(t: ThreadBatch): Promise<Measured | null> {
    const { batch } = t;
    this.#catchUp(t);
    const look = this.#looks;
    for (const piece of this.#unhashed()) {
      const ahead = this.#hashed.begin();
      let remote = false;
      for (const chunk of this.#read(piece, batch)) {
        if (!isRemote(chunk)) this.#hashed.take(chunk);
        else {
          remote = true;
          for await (const part of this.#source.remote(chunk)) ahead.add(part);
          if (look !== this.#looks) return null;
        }
      }
      if (remote) ahead.keep();
      this.#taken += 1;
    }
    const measuring = this.#hashed.begin();
    for (const chunk of this.#rest(t)) {
      if (isRemote(chunk)) {
        for await (const part of this.#source.remote(chunk)) measuring.add(part);
        if (look !== this.#looks) return null;
      } else measuring.add(chunk);
    }
    const measured = measuring.end();
    this.#measured = measured.sha;
    return measured;
  }

  /**
   * The bytes of the open request, as its intent names them, whatever was written or measured since. In one piece when they are short and at hand,
   * else as a stream that holds one piece at a time.
   */
  body(state: ThreadState, { seq, sha, length }: OpenRequest): Uint8Array | ReadableStream<Uint8Array> {
    // A batch that was measured later and never stored has left its rows in the context.
    if (sha !== this.#measured) this.#rebuild(state, seq);
    if (this.#leaving && this.#hashed.kept && length <= KEPT_BYTES)
      return joined([...this.#hashed.kept, ...this.#leaving]);
    const previousMessageId = state.lastMessageId;
    const rest = [...this.#context.trailing(), this.#frame.suffix(previousMessageId)];
    const kept = this.#hashed.kept ?? [];
    const head = this.#hashed.kept ? [] : [this.#frame.prefix(this.#dropBlock, this.#opening), ...this.#context.closed];
    if (length > KEPT_BYTES) return byteStream(this.#stream([...kept], [...head, ...rest]));
    const chunks = [...head, ...rest].flatMap((piece) => [...this.#read(piece, null)]);
    if (chunks.some(isRemote)) return byteStream(this.#stream([...kept], [...head, ...rest]));
    return joined([...kept, ...(chunks as Uint8Array[])]);
  }

  #rebuild({ dropBlock, agents: { opening } }: ThreadState, before: number): void {
    this.#dropBlock = dropBlock;
    this.#leaving = null;
    this.#forget(opening);
    this.#restart();
    for (const row of this.#source.rowsAfter(0)) if (row.seq < before) this.#add(row);
    this.#hashed.kept = null;
  }

  /** Whether a response that is in the prompt has given out this id for a call. */
  hasCall(id: string): boolean {
    return this.#context.calls.has(id);
  }

  #restart(batch?: Batch): void {
    this.#hashed = new Hashed();
    this.#taken = 0;
    this.#hashed.take(encode(this.#frame.prefix(this.#dropBlock, this.#opening, batch)));
  }

  #catchUp({ batch, thread, state }: ThreadBatch): void {
    this.#looks += 1;
    this.#measured = null;
    this.#leaving = null;
    this.#turnTo(state, batch);
    for (const row of this.#fresh(batch)) this.#add(row);
    for (const row of batch.rows) if (row.thread === thread && row.seq > this.#context.seq) this.#add(look(row));
  }

  /** With other tools at its head the conversation is read anew: what it told of them is no longer said. */
  #turnTo({ dropBlock, agents: { opening } }: ThreadState, batch: Batch): void {
    if (dropBlock === this.#dropBlock && opening === this.#opening) return;
    this.#dropBlock = dropBlock;
    if (opening !== this.#opening) this.#forget(opening);
    this.#restart(batch);
  }

  #forget(opening: number): void {
    this.#opening = opening;
    this.#context = new Context(opening);
    this.#newest = null;
  }

  /** Rows that were not read yet; all of them when the newest one read is not in the log: its batch was never stored. */
  #fresh(batch: Batch): PromptRow[] {
    if (this.#newest === null) return this.#source.rowsAfter(0);
    const [newest, ...rows] = this.#source.rowsAfter(this.#context.seq - 1);
    if (newest?.id === this.#newest) return rows;
    this.#forget(this.#opening);
    this.#restart(batch);
    return this.#source.rowsAfter(0);
  }

  #add(row: PromptRow): void {
    this.#context.add(row);
    this.#newest = row.id;
  }

  #unhashed(): Piece[] {
    return this.#context.closed.slice(this.#taken);
  }

  #absorb(chunks: Uint8Array[]): void {
    for (const chunk of chunks) this.#hashed.take(chunk);
    this.#taken += 1;
  }

  *#rest({ batch, state }: ThreadBatch): Generator<Uint8Array | BlobRef> {
    for (const piece of this.#context.trailing()) yield* this.#read(piece, batch);
    yield encode(this.#frame.suffix(state.lastMessageId));
  }

  *#read(piece: Piece, batch: Batch | null): Generator<Uint8Array | BlobRef> {
    if (typeof piece === "string") return yield encode(piece);
    const fresh = batch?.rows.find((row) => row.seq === piece.seq && row.n === null);
    const content = fresh ? fresh[piece.column] : this.#source.column(piece.seq, piece.n, piece.column);
    if (typeof content === "string") yield encode(piece.mark ? withBreakpoint(content) : content);
    else if (content?.where === "sqlite")
      yield* batch?.blobs.has(content.sha)
        ? [batch.blobs.get(content.sha) as Uint8Array]
        : this.#source.blob(content.sha);
    else if (content) yield content;
  }

  async *#stream(kept: Uint8Array[], pieces: Piece[]): AsyncGenerator<Uint8Array> {
    yield* kept;
    for (const piece of pieces) {
      for (const chunk of this.#read(piece, null)) {
        if (isRemote(chunk)) yield* this.#source.remote(chunk);
        else yield chunk;
      }
    }
  }
}

function look(row: Row): PromptRow {
  return { ...row, hasContent: row.content !== null || row.n !== null, hasWire: row.wire !== null };
}

function isRemote(chunk: Uint8Array | BlobRef): chunk is BlobRef {
  return !(chunk instanceof Uint8Array);
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
