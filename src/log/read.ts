import { contentFrom, readBlob } from "./blob.ts";
import { type BlobRef, type Content, eventFrame, type InboxRow, type Row } from "./rows.ts";
import type { Sql, SqlRow } from "./sql.ts";

/** A row as the columns say it. */
export function rowFrom(row: SqlRow): Row {
  return {
    ...(row as unknown as Row),
    content: contentFrom(row.content as string | null),
    wire: contentFrom(row.wire as string | null),
  };
}

export function inboxFrom(row: SqlRow): InboxRow {
  return { ...(row as unknown as InboxRow), content: contentFrom(row.content as string | null) };
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

/** Opens a blob that is not in this database. */
export type OpenRemote = (ref: BlobRef) => Promise<ReadableStream<Uint8Array>>;

/** The bytes of a content, one piece in memory at a time. */
export async function* contentBytes(sql: Sql, content: Content, remote: OpenRemote): AsyncGenerator<Uint8Array> {
  if (content === null) return;
  if (typeof content === "string") yield new TextEncoder().encode(content);
  else if (content.where === "sqlite") yield* readBlob(sql, content.sha);
  else yield* streamBytes(await remote(content));
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

/** A byte stream over pieces that are made when the reader asks for them. */
export function byteStream(pieces: AsyncGenerator<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream({
    type: "bytes",
    async pull(controller) {
      for (let next = await pieces.next(); ; next = await pieces.next()) {
        if (next.done) {
          controller.close();
          controller.byobRequest?.respond(0);
          return;
        }
        // A byte stream refuses an empty piece.
        if (next.value.byteLength > 0) return controller.enqueue(next.value.slice());
      }
    },
    async cancel() {
      await pieces.return(undefined);
    },
  });
}
