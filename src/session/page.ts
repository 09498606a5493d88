import { decodeCursor, encodeCursor, filteredOut } from "../catalog/cursor.ts";
import { eventPage, type PageQuery, type Position, stampAt } from "../log/list.ts";
import { byteStream, eventBytes, type OpenRemote } from "../log/read.ts";
import type { Sql } from "../log/sql.ts";
import type { ListQuery } from "./rpc.ts";

/** The thread that is listed, and the name of the list (`listName`). */
interface EventList {
  thread: number;
  list: string;
}

/** A page of a thread as the response body `{"data":[…],"next_page":…}`, made while it is read: it may hold one event of 31 MB. */
export function pageBody(sql: Sql, of: EventList, query: ListQuery, remote: OpenRemote): ReadableStream<Uint8Array> {
  const page = eventPage(sql, pageQuery(sql, of, query));
  async function* body(): AsyncGenerator<Uint8Array> {
    yield encode('{"data":[');
    for (const [i, row] of page.rows.entries()) {
      if (i > 0) yield encode(",");
      yield* eventBytes(sql, row, remote);
    }
    const next = page.next && encodeCursor(of.list, query.order, [page.next.seq, page.next.n]);
    yield encode(`],"next_page":${JSON.stringify(next)}}`);
  }
  return byteStream(body());
}

/** Refused: a cursor that is none of ours, of the other order, or that the filter has moved away from (spec/core.md §1.8). */
function pageQuery(sql: Sql, { thread, list }: EventList, query: ListQuery): PageQuery {
  const after = query.page === null ? null : decodeCursor(list, query.order, query.page, position);
  const from = largest(query.gte, query.gt === undefined ? undefined : query.gt + 1);
  const to = smallest(query.lte, query.lt === undefined ? undefined : query.lt - 1);
  const ts = after?.seq ? stampAt(sql, thread, after.seq) : null;
  if (ts !== null && (ts < (from ?? ts) || ts > (to ?? ts))) throw filteredOut();
  return { thread, order: query.order, limit: query.limit, types: query.types, after, from, to };
}

function position([seq, n, ...more]: unknown[]): Position | null {
  return isPlace(seq) && isPlace(n) && more.length === 0 ? { seq, n } : null;
}

function isPlace(value: unknown): value is number | null {
  return value === null || Number.isSafeInteger(value);
}

function largest(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.max(a, b);
}

function smallest(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
