import { createHash } from "node:crypto";
import { z } from "zod";
import { type Content, type Place, parsed } from "./rows.ts";
import type { Sql } from "./sql.ts";

/** Content up to this many bytes of JSON text lives in its row; longer content in `blob` rows of the same commit. */
export const CONTENT_INLINE_BYTES = 128 * 1024;
/** A row may hold 2 MB; 1 MiB keeps a chunk well below it. */
const CHUNK_BYTES = 1024 * 1024;

/** SHA-256 as lower-case hex. Synchronous on purpose: nothing may be awaited between deciding and committing. */
export function sha256(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** What the `content` and `wire` columns hold: array text as it is, a reference as object text, or null. */
export function contentColumn(content: Content): string | null {
  return content === null || typeof content === "string" ? content : JSON.stringify(content);
}

/** The other way. Throws `Corrupted`, which names the place. */
export function contentFrom(column: string | null, place: Place): Content {
  if (!column?.startsWith("{")) return column;
  return parsed({ ...place, body: column, note: null }, "body", Reference);
}

const Reference = z.object({ sha: z.string(), bytes: z.int(), where: z.enum(["sqlite", "r2"]) });

export function writeBlob(sql: Sql, sha: string, bytes: Uint8Array): void {
  for (let i = 0; i * CHUNK_BYTES < bytes.length; i++) {
    const chunk = bytes.subarray(i * CHUNK_BYTES, (i + 1) * CHUNK_BYTES);
    sql.exec("INSERT OR IGNORE INTO blob (sha, i, bytes) VALUES (?, ?, ?)", sha, i, chunk);
  }
}

/** The bytes of a blob in chunks of at most 1 MiB; one row is read per step, so that only one chunk is in memory. */
export function* readBlob(sql: Sql, sha: string): Generator<Uint8Array> {
  for (let i = 0; ; i++) {
    const row = sql.exec("SELECT bytes FROM blob WHERE sha = ? AND i = ?", sha, i)[0];
    if (!row) return;
    const bytes = row.bytes as ArrayBuffer | Uint8Array;
    yield bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes);
  }
}
