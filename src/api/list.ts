/** Lists of the catalog: from a query to a slice, and from the page that was read to what the wire shows (spec/core.md §1.8). */
import { listCursor, listPosition } from "../catalog/cursor.ts";
import type { Bounds, ListPage, Order, Slice } from "../catalog/keyset.ts";

/** What the queries of lists have in common (protocol/queries.ts). */
interface PageQuery extends Bounds {
  limit: number;
  page?: string;
  order?: Order;
}

/**
 * One page of a list: `{data, next_page}`, the key always present. `list` is its name (`listName`); `read` gets the page, newest first where the
 * client has no choice. A 400 for a cursor that is not of this list, order and time.
 */
export async function paginate<T>(list: string, query: PageQuery, read: (slice: Slice) => Promise<ListPage<T>>) {
  const { data, next_page } = await paginateBothWays(list, query, read);
  return { data, next_page };
}

/** The same with `prev_page`, which the sessions list alone has; null on the first page. */
export async function paginateBothWays<T>(
  list: string,
  { order = "desc", limit, page, gt, gte, lt, lte }: PageQuery,
  read: (slice: Slice) => Promise<ListPage<T>>,
) {
  const bounds: Bounds = { gt, gte, lt, lte };
  const from = page === undefined ? null : listPosition(list, order, bounds, page);
  const { items, next, prev } = await read({ order, limit, from, ...bounds });
  return {
    data: items,
    next_page: next && listCursor(list, order, next),
    prev_page: prev && listCursor(list, order, prev),
  };
}
