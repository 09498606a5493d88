import { openCursor, sealCursor } from "../catalog/seal.ts";
import { eventPage, type PageQuery, type Position, stampAt } from "../log/list.ts";
import { byteStream, eventBytes, type OpenRemote } from "../log/read.ts";
import type { Sql } from "../log/sql.ts";
import { ApiError, invalid } from "../protocol/errors.ts";
import type { ListQuery } from "./rpc.ts";

/** A page of a thread as the response body `{"data":[…],"next_page":…}`, made while it is read: it may hold one event of 31 MB. */
export function pageBody(sql: Sql, thread: number, query: ListQuery, remote: OpenRemote): ReadableStream<Uint8Array> {
  const page = eventPage(sql, pageQuery(sql, thread, query));
  async function* body(): AsyncGenerator<Uint8Array> {
    yield encode('{"data":[');
    for (const [i, row] of page.rows.entries()) {
      if (i > 0) yield encode(",");
      yield* eventBytes(sql, row, remote);
    }
    const next = page.next && sealCursor(query.key, [query.order, page.next.seq, page.next.n]);
    yield encode(`],"next_page":${JSON.stringify(next)}}`);
  }
  return byteStream(body());
}

/** Refused: a cursor that is none of ours, of the other order, or that the filter has moved away from (spec/core.md §1.8). */
function pageQuery(sql: Sql, thread: number, query: ListQuery): PageQuery {
  const after = query.page === null ? null : position(query.key, query.order, query.page);
  const from = largest(query.gte, query.gt === undefined ? undefined : query.gt + 1);
  const to = smallest(query.lte, query.lt === undefined ? undefined : query.lt - 1);
  const ts = after?.seq ? stampAt(sql, thread, after.seq) : null;
  if (ts !== null && (ts < (from ?? ts) || ts > (to ?? ts))) {
    throw new ApiError(invalid("page: the created_at filter excludes this cursor; keep the filter while paging"));
  }
  return { thread, order: query.order, limit: query.limit, types: query.types, after, from, to };
}

function position(key: string, order: "asc" | "desc", text: string): Position {
  const place = openCursor(key, text) as ["asc" | "desc", Position["seq"], Position["n"]] | null;
  if (place === null) throw new ApiError(invalid("page: not a cursor of this list; pass next_page as it was given"));
  const [of, seq, n] = place;
  if (of !== order)
    throw new ApiError(invalid(`page: this cursor was made with order=${of}; keep the order while paging`));
  return { seq, n };
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
