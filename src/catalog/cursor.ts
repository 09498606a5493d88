/**
 * Cursors of all lists: `page_` and base64url of a checksum and a JSON list, the order and a place. The checksum covers the list (whose, and of
 * what), so that what another list, session or workspace gave, or what was changed on the way, is refused (spec/core.md §1.8: a cursor goes back as
 * it came). It holds no secret, and none is read: whoever computes a cursor gets a page of a list that he may read anyway.
 */
import { createHash } from "node:crypto";
import { ApiError, invalid } from "../protocol/errors.ts";
import type { Bounds, ListPosition, Order } from "./keyset.ts";

/** Bytes of SHA-256 that a cursor carries. */
const CHECKSUM_BYTES = 16;
/** Characters; ours have about 120. */
const MAX_CURSOR = 400;

/** The name of one list: what it lists, for whom, and of what. */
export function listName(kind: string, workspace: string, ...of: string[]): string {
  return JSON.stringify([kind, workspace, ...of]);
}

/** `place` is JSON; which shape it has is the list's affair. */
export function encodeCursor(list: string, order: Order, place: readonly unknown[]): string {
  const text = JSON.stringify([order, ...place]);
  return `page_${Buffer.concat([checksum(list, text), Buffer.from(text)]).toString("base64url")}`;
}

/** The place; `read` says what it makes of one, null if it is none. A 400 for all that is no cursor of this list and order. */
export function decodeCursor<T>(list: string, order: Order, cursor: string, read: (place: unknown[]) => T | null): T {
  const [made, ...rest] = openCursor(list, cursor) ?? [];
  const place = made === "asc" || made === "desc" ? read(rest) : null;
  if (place === null) throw refusedCursor("not a cursor of this list; pass next_page or prev_page as it was given");
  if (made !== order) throw refusedCursor(`this cursor was made with order=${made}; keep the order while paging`);
  return place;
}

/** The 400 of a `created_at` filter that has moved away from the cursor (spec/core.md §1.8). */
export function filteredOut(): ApiError {
  return refusedCursor("the created_at filter excludes this cursor; keep the filter while paging");
}

/** Null for a text that is not this list's. */
function openCursor(list: string, cursor: string): unknown[] | null {
  if (cursor.length > MAX_CURSOR || !cursor.startsWith("page_")) return null;
  const bytes = Buffer.from(cursor.slice("page_".length), "base64url");
  const text = bytes.subarray(CHECKSUM_BYTES).toString();
  if (!bytes.subarray(0, CHECKSUM_BYTES).equals(checksum(list, text))) return null;
  // Decoding forgives characters that it skips and bits that it drops.
  if (bytes.toString("base64url") !== cursor.slice("page_".length)) return null;
  try {
    const place: unknown = JSON.parse(text);
    return Array.isArray(place) ? place : null;
  } catch {
    return null;
  }
}

function checksum(list: string, text: string): Buffer {
  return createHash("sha256").update(`${list}\n${text}`).digest().subarray(0, CHECKSUM_BYTES);
}

/** A place of a keyset list (keyset.ts), for `encodeCursor`. */
export function listCursor(list: string, order: Order, { t, id, back }: ListPosition): string {
  return encodeCursor(list, order, [t, id, back ? 1 : 0]);
}

/** What `listCursor` made. A 400 for everything else, and where `bounds` have moved away from it. */
export function listPosition(list: string, order: Order, bounds: Bounds, cursor: string): ListPosition {
  const from = decodeCursor(list, order, cursor, ([t, id, back, ...more]): ListPosition | null => {
    if (typeof t !== "number" || !Number.isSafeInteger(t) || typeof id !== "string" || more.length > 0) return null;
    return back === 1 ? { t, id, back: true } : back === 0 ? { t, id } : null;
  });
  const { gt = -Infinity, gte = -Infinity, lt = Infinity, lte = Infinity } = bounds;
  if (from.t <= gt || from.t < gte || from.t >= lt || from.t > lte) throw filteredOut();
  return from;
}

function refusedCursor(message: string): ApiError {
  return new ApiError(invalid(`page: ${message}`));
}
