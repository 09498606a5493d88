/** Page cursors of the catalog's lists. A cursor belongs to one list of one workspace and to one order; its seal is `catalog/seal.ts`. */
import type { Bounds, Order, Position } from "../catalog/keyset.ts";
import { cursorKey, keyOfList, openCursor, sealCursor } from "../catalog/seal.ts";
import { ApiError, invalid } from "../protocol/errors.ts";
import type { AppContext } from "./context.ts";

/** The key that seals the cursors of one list: `name`, and of whose things it is, in the caller's workspace. */
export async function listKey(c: AppContext, name: string, ...of: string[]): Promise<string> {
  return keyOfList(await cursorKey(c.env.DB), name, c.var.workspace, ...of);
}

export function encodeCursor(key: string, order: Order, { t, id, back }: Position): string {
  return sealCursor(key, [order, t, id, back ? 1 : 0]);
}

/** A 400 for anything that is not a cursor of this list and order, or that a `created_at` filter has moved away from. */
export function decodeCursor(key: string, order: Order, bounds: Bounds, text: string): Position {
  const place = openCursor(key, text) as [Order, number, string, 0 | 1] | null;
  if (place === null) throw refused("not a cursor of this list; pass next_page or prev_page as it was given");
  const [ofOrder, t, id, back] = place;
  if (ofOrder !== order) throw refused(`this cursor was made with order=${ofOrder}; keep the order while paging`);
  const { gt = -Infinity, gte = -Infinity, lt = Infinity, lte = Infinity } = bounds;
  if (t <= gt || t < gte || t >= lt || t > lte)
    throw refused("the created_at filter excludes this cursor; keep the filter while paging");
  return back === 1 ? { t, id, back: true } : { t, id };
}

function refused(message: string): ApiError {
  return new ApiError(invalid(`page: ${message}`));
}
