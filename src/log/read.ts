import { z } from "zod";
import type { InboxEntry } from "./batch.ts";
import { contentFrom, readBlob } from "./blob.ts";
import { joined } from "./bytes.ts";
import { eventKind, typesWhere } from "./events.ts";
import {
  type BlobRef,
  type Content,
  Corrupted,
  eventFrame,
  INTERNAL,
  type InboxRow,
  PRIMARY,
  parsed,
  type Row,
} from "./rows.ts";
import type { Sql, SqlRow, SqlValue } from "./sql.ts";

/** A row as the columns say it. Throws `Corrupted`. */
export function rowFrom(columns: SqlRow): Row {
  const place = { seq: Number(columns.seq), type: String(columns.type) };
  return {
    ...place,
    thread: Number(columns.thread),
    id: String(columns.id),
    epoch: Number(columns.epoch),
    ts: Number(columns.ts),
    n: numberOrNull(columns.n),
    origin: textOrNull(columns.origin),
    cred: textOrNull(columns.cred),
    body: String(columns.body),
    content: contentFrom(textOrNull(columns.content), place),
    note: textOrNull(columns.note),
    wire: contentFrom(textOrNull(columns.wire), place),
  };
}

/** The same of one that waits. */
export function inboxFrom(columns: SqlRow): InboxRow {
  const entry = inboxEntryFrom(columns);
  return { ...entry, content: contentFrom(textOrNull(columns.content), entry) };
}

function inboxEntryFrom(columns: SqlRow): InboxEntry {
  return {
    n: Number(columns.n),
    id: String(columns.id),
    type: String(columns.type),
    body: String(columns.body),
    cred: textOrNull(columns.cred),
  };
}

function textOrNull(value: SqlValue | undefined): string | null {
  return typeof value === "string" ? value : null;
}

function numberOrNull(value: SqlValue | undefined): number | null {
  return typeof value === "number" ? value : null;
}

/** Column `name` without the fields that can be long and that no reduction reads; what is no JSON is left for the reader to refuse. */
function shortened(name: "body" | "note"): string {
  const types = typesWhere((kind) => kind.long?.[name] !== undefined);
  const fields = new Set(types.map((type) => `'$.${eventKind(type)?.long?.[name]}'`));
  const concerned = `type IN (${types.map((type) => `'${type}'`).join(", ")}) AND json_valid(${name})`;
  return `CASE WHEN ${concerned} THEN json_remove(${name}, ${[...fields].join(", ")}) ELSE ${name} END AS ${name}`;
}

/** What the state is made of: no content, no long field. */
const STATE_COLUMNS = `thread, seq, id, type, epoch, ts, n, origin, cred, ${shortened("body")}, NULL AS content, ${shortened("note")}, NULL AS wire`;

/** What `reduce` needs of the rows with seq > `after`, in order, those of the log's own among them. */
export function stateRows(sql: Sql, after: number): Row[] {
  const statement = `SELECT ${STATE_COLUMNS} FROM events WHERE thread = ? AND seq > ? ORDER BY seq`;
  return inOrder([INTERNAL, ...threadsOf(sql)].flatMap((thread) => sql.exec(statement, thread, after)));
}

/** The same of the types that say what was used and what may be, before a seq. */
export function usageRows(sql: Sql, before: number): Row[] {
  const statement = `SELECT ${STATE_COLUMNS} FROM events WHERE thread = ? AND type = ? AND seq < ? ORDER BY seq`;
  const types = typesWhere((kind) => kind.usage === true);
  return inOrder(
    threadsOf(sql).flatMap((thread) => types.flatMap((type) => sql.exec(statement, thread, type, before))),
  );
}

function inOrder(rows: SqlRow[]): Row[] {
  return rows.map(rowFrom).sort((a, b) => a.seq - b.seq);
}

/** The numbers of the threads that have rows, the primary thread always; each costs one look at the key. */
export function threadsOf(sql: Sql): number[] {
  const threads = [PRIMARY];
  for (;;) {
    const next = sql.exec("SELECT thread FROM events WHERE thread > ? ORDER BY thread LIMIT 1", threads.at(-1) ?? 0)[0];
    if (next === undefined) return threads;
    threads.push(Number(next.thread));
  }
}

/** What waits, in the order of acceptance. Throws `Corrupted`. */
export function inboxEntries(sql: Sql): InboxEntry[] {
  const entries = waiting(sql);
  for (const entry of entries) mustParse(entry);
  return entries;
}

/** The same without what cannot be read, which stays where it is. */
export function readableInbox(sql: Sql): InboxEntry[] {
  return waiting(sql).filter((entry) => {
    try {
      mustParse(entry);
    } catch {
      return false;
    }
    return true;
  });
}

function waiting(sql: Sql): InboxEntry[] {
  return sql.exec("SELECT n, id, type, body, cred FROM inbox ORDER BY n").map(inboxEntryFrom);
}

const AnyObject = z.looseObject({});

function mustParse({ n, type, body }: InboxEntry): void {
  parsed({ n, type, body, note: null }, "body", AnyObject);
}

/** The newest row of a type among those with seq > `after`; bound `after`, since no index knows of types. */
export function lastOfType(sql: Sql, thread: number, type: string, after: number): Row | null {
  const row = sql.exec(
    "SELECT * FROM events WHERE thread = ? AND seq > ? AND type = ? ORDER BY seq DESC LIMIT 1",
    thread,
    after,
    type,
  )[0];
  return row ? rowFrom(row) : null;
}

/** Opens a blob that is not in this database. Rejects with `Corrupted` when it is nowhere. */
export type OpenRemote = (ref: BlobRef) => Promise<ReadableStream<Uint8Array>>;

/** The bytes of a content, one piece in memory at a time. */
async function* contentBytes(sql: Sql, content: Content, remote: OpenRemote): AsyncGenerator<Uint8Array> {
  if (content === null) return;
  if (typeof content === "string") yield new TextEncoder().encode(content);
  else if (content.where === "sqlite") yield* readBlob(sql, content.sha);
  else yield* (await openedOrNone(content, remote)) ?? [missing(content)];
}

/** Null: it is not there any more. That the store does not answer is another matter, and thrown. */
async function openedOrNone(ref: BlobRef, remote: OpenRemote): Promise<AsyncGenerator<Uint8Array> | null> {
  try {
    return streamBytes(await remote(ref));
  } catch (error) {
    if (error instanceof Corrupted) return null;
    throw error;
  }
}

/** Stands where a content was, so that whoever reads the log comes past it. */
function missing({ bytes }: BlobRef): Uint8Array {
  const text = `[The content of this event, ${bytes} bytes, is missing from the store.]`;
  return new TextEncoder().encode(JSON.stringify([{ type: "text", text }]));
}

/** An event's JSON as bytes, whatever its size. */
export async function* eventBytes(sql: Sql, row: Row | InboxRow, remote: OpenRemote): AsyncGenerator<Uint8Array> {
  const { before, after } = eventFrame(row);
  yield new TextEncoder().encode(before);
  yield* contentBytes(sql, row.content, remote);
  yield new TextEncoder().encode(after);
}

async function* streamBytes(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) yield part.value;
  } finally {
    await reader.cancel();
  }
}

/** Pieces are gathered up to this size, since each chunk of a stream costs more than copying so much. */
const CHUNK_BYTES = 16 * 1024;

/** A byte stream over pieces that are made when the reader asks for them. */
export function byteStream(pieces: AsyncGenerator<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream({
    type: "bytes",
    async pull(controller) {
      const gathered: Uint8Array[] = [];
      let size = 0;
      while (size < CHUNK_BYTES) {
        const next = await pieces.next();
        if (next.done) break;
        gathered.push(next.value);
        size += next.value.byteLength;
      }
      // A byte stream refuses an empty piece.
      if (size > 0) return controller.enqueue(joined(gathered));
      controller.close();
      controller.byobRequest?.respond(0);
    },
    async cancel() {
      await pieces.return(undefined);
    },
  });
}
