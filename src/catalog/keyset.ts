/** Keyset paging: a page reads its own rows through an index, however long the list is. Never OFFSET, never count(*). */

/** A page ends before its items carry more than this, so that no answer outgrows the Worker. */
export const MAX_PAGE_BYTES = 8 * 1024 * 1024;

export type Order = "asc" | "desc";

/** A place between rows: of the row (t, id). `back` walks towards the beginning of the list. */
export interface Position {
  /** Microseconds since 1970, or a version. */
  t: number;
  id: string;
  back?: boolean;
}

/** Bounds on `created_at` in microseconds. */
export interface Bounds {
  gt?: number;
  gte?: number;
  lt?: number;
  lte?: number;
}

export interface Slice extends Bounds {
  order: Order;
  limit: number;
  from: Position | null;
}

export interface Page<T> {
  items: T[];
  /** Whether there is more in the direction walked. */
  more: boolean;
}

/** A statement's parameters: adds one and gives its `?n`. */
export class Params {
  readonly values: (string | number | null)[] = [];
  add(value: string | number | null): string {
    this.values.push(value);
    return `?${this.values.length}`;
  }
}

/** The direction in which the index is read; a page read backwards is turned around afterwards. */
export function walk(slice: Slice): Order {
  return slice.from?.back ? (slice.order === "asc" ? "desc" : "asc") : slice.order;
}

/**
 * The conditions that place a page in a list ordered by (created_at, id): one on each side at most, since SQLite starts its walk at one condition
 * and reads past every row that only a second one excludes.
 */
export function placement(slice: Slice, params: Params): string {
  const { from, gt = -Infinity, gte = -Infinity, lt = Infinity, lte = Infinity } = slice;
  const forward = walk(slice) === "asc";
  const first = Math.max(gte, gt + 1);
  const last = Math.min(lte, lt - 1);
  const parts: string[] = [];
  const inside = from !== null && (forward ? from.t >= first : from.t <= last);
  if (inside) parts.push(`(created_at, id) ${forward ? ">" : "<"} (${params.add(from.t)}, ${params.add(from.id)})`);
  if (first > -Infinity && !(inside && forward)) parts.push(`created_at >= ${params.add(first)}`);
  if (last < Infinity && !(inside && !forward)) parts.push(`created_at <= ${params.add(last)}`);
  return parts.map((part) => ` AND ${part}`).join("");
}

/**
 * Runs one page. `keys` selects (id, created_at, bytes) of at most limit + 1 rows in walking order; `body` selects the whole rows, `id` among them,
 * by LEFT JOINs from `sized`, which has `id` and whether the row `fits`, without WHERE and ORDER BY. What does not fit comes back empty.
 */
export async function readPage<T extends { id: string }>(
  db: D1Database,
  slice: Slice,
  keys: string,
  body: string,
  params: Params,
): Promise<Page<T>> {
  const order = `ORDER BY created_at ${walk(slice)}, id ${walk(slice)} ROWS UNBOUNDED PRECEDING`;
  const sql = `WITH keys AS (${keys}),
    sized AS (SELECT id, ROW_NUMBER() OVER page AS place, SUM(bytes) OVER page - bytes < ${MAX_PAGE_BYTES} AS fits
      FROM keys WINDOW page AS (${order}))
    ${body} ORDER BY sized.place`;
  const { results } = await db
    .prepare(sql)
    .bind(...params.values)
    .all<T | { id: null }>();
  const whole = results.filter((row): row is T => row.id !== null);
  const items = whole.slice(0, slice.limit);
  return { items: slice.from?.back ? items.reverse() : items, more: results.length > items.length };
}

/** SQLite's order and limit of a `keys` select. */
export function ordered(slice: Slice, params: Params): string {
  return ` ORDER BY created_at ${walk(slice)}, id ${walk(slice)} LIMIT ${params.add(slice.limit + 1)}`;
}
