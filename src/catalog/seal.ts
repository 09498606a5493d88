/**
 * Sealed cursors: `page_` and base64url of a MAC and a JSON list. A cursor grants nothing that its credential may not read anyway; the seal makes
 * "as it was given" a rule that is checked, so that no list ever reads a place that it did not write (spec/core.md §1.8).
 */
import { createHmac, timingSafeEqual } from "node:crypto";

/** Bytes of HMAC-SHA256 that a cursor carries. */
const MAC_BYTES = 16;
/** Characters; ours have about 120. */
const MAX_CURSOR = 400;

/** Read once per isolate and database: it never changes. */
const keys = new WeakMap<D1Database, string>();

/** The deployment's key (hex), which a migration has made. */
export async function cursorKey(db: D1Database): Promise<string> {
  const known = keys.get(db);
  if (known !== undefined) return known;
  const row = await db.prepare("SELECT key FROM cursor_key").first<{ key: string }>();
  if (!row) throw new Error("the catalog has no cursor key");
  keys.set(db, row.key);
  return row.key;
}

/** The key of one list alone: a cursor of another list, session or workspace does not fit it. */
export function keyOfList(key: string, ...list: string[]): string {
  return createHmac("sha256", key).update(JSON.stringify(list)).digest("hex");
}

export function sealCursor(key: string, place: readonly unknown[]): string {
  const text = Buffer.from(JSON.stringify(place));
  return `page_${Buffer.concat([mac(key, text), text]).toString("base64url")}`;
}

/** The place that was sealed under this key; null for every other text. */
export function openCursor(key: string, cursor: string): unknown[] | null {
  if (cursor.length > MAX_CURSOR || !cursor.startsWith("page_")) return null;
  const bytes = Buffer.from(cursor.slice("page_".length), "base64url");
  const [seal, text] = [bytes.subarray(0, MAC_BYTES), bytes.subarray(MAC_BYTES)];
  if (seal.length < MAC_BYTES || !timingSafeEqual(seal, mac(key, text))) return null;
  // Decoding forgives characters that it skips and bits that it drops.
  if (bytes.toString("base64url") !== cursor.slice("page_".length)) return null;
  return JSON.parse(text.toString());
}

function mac(key: string, text: Uint8Array): Buffer {
  return createHmac("sha256", key).update(text).digest().subarray(0, MAC_BYTES);
}
