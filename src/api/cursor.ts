/**
 * Page cursors: `page_` and base64url, opaque to clients. A cursor belongs to one list and one order. It holds nothing secret and grants
 * nothing: a forged one only moves a page within what the credential may read anyway.
 */
import type { Bounds, Order, Position } from "../catalog/keyset.ts";
import { ApiError, invalid } from "../protocol/errors.ts";

/** Characters; ours have about 120. */
const MAX_CURSOR = 400;

export type ListName = "agents" | "versions" | "environments" | "sessions";

export function encodeCursor(list: ListName, order: Order, position: Position): string {
  const text = JSON.stringify([list, order, position.t, position.id, position.back ? 1 : 0]);
  return `page_${btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")}`;
}

/** A 400 for anything that is not a cursor of this list and order, or that a `created_at` filter has moved away from. */
export function decodeCursor(list: ListName, order: Order, bounds: Bounds, text: string): Position {
  const value = parse(text);
  if (!Array.isArray(value) || value.length !== 5) throw refused("not a cursor; pass next_page as it was given");
  const [ofList, ofOrder, t, id, back] = value;
  if (ofList !== list || !Number.isSafeInteger(t) || typeof id !== "string" || (back !== 0 && back !== 1))
    throw refused("not a cursor of this list; pass next_page as it was given");
  if (ofOrder !== order) throw refused(`this cursor was made with order=${ofOrder}; keep the order while paging`);
  const { gt = -Infinity, gte = -Infinity, lt = Infinity, lte = Infinity } = bounds;
  if (t <= gt || t < gte || t >= lt || t > lte)
    throw refused("the created_at filter excludes this cursor; keep the filter while paging");
  return back === 1 ? { t, id, back: true } : { t, id };
}

function parse(text: string): unknown {
  if (text.length > MAX_CURSOR || !/^page_[A-Za-z0-9_-]+$/.test(text)) return null;
  try {
    return JSON.parse(atob(text.slice("page_".length).replaceAll("-", "+").replaceAll("_", "/")));
  } catch {
    return null;
  }
}

function refused(message: string): ApiError {
  return new ApiError(invalid(`page: ${message}`));
}
