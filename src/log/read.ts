import type { InboxEntry } from "./batch.ts";
import { contentFrom, readBlob } from "./blob.ts";
import { joined } from "./bytes.ts";
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
import type { Sql, SqlRow } from "./sql.ts";

/** A row as the columns say it. Throws `Corrupted`. */
export function rowFrom(columns: SqlRow): Row {
  const row = columns as unknown as Row;
  const { content, wire } = columns as { content: string | null; wire: string | null };
  return { ...row, content: contentFrom(content, row), wire: contentFrom(wire, row) };
}

/** The same of one that waits. */
export function inboxFrom(columns: SqlRow): InboxRow {
  const row = columns as unknown as InboxRow;
  return { ...row, content: contentFrom(columns.content as string | null, row) };
}

/** What `reduce` needs of the rows with seq > `after`, in order: no content, and neither a call's input nor an agent, which can be long. */
export function stateRows(sql: Sql, after: number): Row[] {
  const body = `CASE WHEN type IN ('agent.tool_use', 'agent.custom_tool_use', 'session.updated') AND json_valid(body)
    THEN json_remove(body, '$.input', '$.agent') ELSE body END AS body`;
  const columns = `thread, seq, id, type, epoch, ts, n, origin, cred, ${body}, NULL AS content, note, NULL AS wire`;
  const statement = `SELECT ${columns} FROM events WHERE thread = ? AND seq > ? ORDER BY seq`;
  const rows = [PRIMARY, INTERNAL].flatMap((thread) => sql.exec(statement, thread, after));
  return rows.map(rowFrom).sort((a, b) => a.seq - b.seq);
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
  return sql.exec("SELECT n, id, type, body, cred FROM inbox ORDER BY n").map((row) => row as unknown as InboxEntry);
}

function mustParse({ n, type, body }: InboxEntry): void {
  parsed({ n, type, body, note: null }, "body");
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
