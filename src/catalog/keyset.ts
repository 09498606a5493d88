/** Keyset paging: a page reads its own rows through an index, however long the list is. Never OFFSET, never count(*). */
import { type Fragment, joinSql, prepare, raw, type StoredResource, sql } from "./db.ts";

/** A page ends before its items carry more than this, so that no answer outgrows the Worker. */
export const MAX_PAGE_BYTES = 8 * 1024 * 1024;

export type Order = "asc" | "desc";

/** A place between rows: of the row (t, id). `back` walks towards the beginning of the list. */
export interface ListPosition {
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
  from: ListPosition | null;
}

export interface ListPage<T> {
  items: T[];
  /** Where the pages after and before this one begin; null where there is none. */
  next: ListPosition | null;
  prev: ListPosition | null;
}

/** The direction in which the index is read; a page read backwards is turned around afterwards. */
function walk(slice: Slice): Order {
  return slice.from?.back ? (slice.order === "asc" ? "desc" : "asc") : slice.order;
}

/**
 * The conditions that place a page in a list ordered by `place`: one on each side at most, since SQLite starts its walk at one condition and reads
 * past every row that only a second one excludes.
 */
function placement(slice: Slice, [t, id]: StoredResource<unknown, never>["place"]): Fragment {
  const { from, gt = -Infinity, gte = -Infinity, lt = Infinity, lte = Infinity } = slice;
  const forward = walk(slice) === "asc";
  const first = Math.max(gte, gt + 1);
  const last = Math.min(lte, lt - 1);
  const parts: Fragment[] = [];
  const inside = from !== null && (forward ? from.t >= first : from.t <= last);
  if (inside) parts.push(sql` AND ${raw(`(r.${t}, r.${id}) ${forward ? ">" : "<"}`)} (${from.t}, ${from.id})`);
  if (first > -Infinity && !(inside && forward)) parts.push(sql` AND ${raw(`r.${t}`)} >= ${first}`);
  if (last < Infinity && !(inside && !forward)) parts.push(sql` AND ${raw(`r.${t}`)} <= ${last}`);
  return joinSql(parts, "");
}

/** The range of most lists: a workspace's rows, the archived ones too or not. */
export function inWorkspace(workspace: string, archived: boolean): Fragment {
  return sql`r.workspace = ${workspace}${raw(archived ? "" : " AND r.archived_at IS NULL")}`;
}

/** What the page's statement says of a row beside its columns. */
interface Placed {
  page_t: number;
  page_id: string;
  page_fits: number;
}

/**
 * One page of a resource's rows: those of each of `ranges`, conditions on `r` that exclude one another, merged. Each range is read through an index
 * that its conditions begin and `place` ends; `index` names it where SQLite would take another.
 */
export async function listPage<Wire, Row extends object>(
  db: D1Database,
  of: StoredResource<Wire, Row>,
  slice: Slice,
  ranges: readonly Fragment[],
  index?: string,
): Promise<ListPage<Wire>> {
  if (ranges.length === 0) return { items: [], next: null, prev: null };
  const order = `ORDER BY t ${walk(slice)}, id ${walk(slice)}`;
  const [t, id] = of.place;
  const from = `r.${t} AS t, r.${id} AS id, ${of.bytes} AS bytes FROM ${of.table} r${index ? ` INDEXED BY ${index}` : ""}`;
  const cut = sql`${raw(order)} LIMIT ${slice.limit + 1}`;
  const keys = ranges.map(
    (range) => sql`SELECT * FROM (SELECT ${raw(from)} WHERE ${range}${placement(slice, of.place)} ${cut})`,
  );
  const page = sql`WITH keys AS (SELECT * FROM (${joinSql(keys, " UNION ALL ")}) ${cut}),
    sized AS (SELECT t, id, ROW_NUMBER() OVER page AS place, SUM(bytes) OVER page - bytes < ${MAX_PAGE_BYTES} AS fits
      FROM keys WINDOW page AS (${raw(order)} ROWS UNBOUNDED PRECEDING))
    SELECT sized.t AS page_t, sized.id AS page_id, sized.fits AS page_fits, ${raw(of.columns)}
    FROM sized LEFT JOIN ${raw(`${of.table} r ON r.${id} = sized.id AND r.${t} = sized.t AND sized.fits ${of.joins ?? ""}`)}
    ORDER BY sized.place`;
  const { results } = await prepare(db, page).all<Row & Placed>();
  const rows = results.filter((row) => row.page_fits === 1).slice(0, slice.limit);
  const more = results.length > rows.length;
  if (slice.from?.back) rows.reverse();
  return { items: rows.map((row) => of.wire(row)), ...around(slice, rows, more) };
}

/** A page read backwards always has a next one: where it came from. */
function around(slice: Slice, rows: Placed[], more: boolean): Pick<ListPage<unknown>, "next" | "prev"> {
  const [first, last] = [rows[0], rows.at(-1)];
  const back = slice.from?.back === true;
  return {
    next: last && (back || more) ? { t: last.page_t, id: last.page_id } : null,
    prev: first && (back ? more : slice.from !== null) ? { t: first.page_t, id: first.page_id, back: true } : null,
  };
}
