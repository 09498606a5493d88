/** Pages of the catalog: from a list's query to a slice of it, and from what was read to what the wire shows. */
import type { Bounds, Order, Page, Position, Slice } from "../catalog/keyset.ts";
import { microseconds } from "../protocol/queries.ts";
import { decodeCursor, encodeCursor } from "./cursor.ts";

interface Listed {
  id: string;
  created_at: string;
}

/** What the queries of lists have in common (protocol/queries.ts). */
interface ListQuery {
  limit: number;
  page?: string;
  order?: Order;
  gt?: number;
  gte?: number;
  lt?: number;
  lte?: number;
}

/** Newest first where the client has no choice. `key` seals the list's cursors, here and below. */
export function sliceOf(key: string, query: ListQuery): Slice {
  const { order = "desc", limit, page, gt, gte, lt, lte } = query;
  const bounds: Bounds = { gt, gte, lt, lte };
  return { order, limit, from: page === undefined ? null : decodeCursor(key, order, bounds, page), ...bounds };
}

/** `{data, next_page}`, the key always present (spec/core.md §1.8). */
export function forward<T extends Listed>(key: string, slice: Slice, page: Page<T>) {
  const last = page.items.at(-1);
  return { data: page.items, next_page: page.more && last ? encodeCursor(key, slice.order, placeOf(last)) : null };
}

/** The sessions list alone also has `prev_page`, null on the first page. A page read backwards always has a next one: where it came from. */
export function bothWays<T extends Listed>(key: string, slice: Slice, page: Page<T>) {
  const [first, last] = [page.items[0], page.items.at(-1)];
  const back = slice.from?.back === true;
  const next = back || page.more ? last : undefined;
  const prev = back ? page.more : slice.from !== null;
  return {
    data: page.items,
    next_page: next ? encodeCursor(key, slice.order, placeOf(next)) : null,
    prev_page: prev && first ? encodeCursor(key, slice.order, { ...placeOf(first), back: true }) : null,
  };
}

function placeOf(item: Listed): Position {
  return { t: microseconds(item.created_at) ?? 0, id: item.id };
}
