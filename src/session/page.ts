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
    yield encode(`],"next_page":${page.next ? JSON.stringify(cursor(query.order, page.next)) : "null"}}`);
  }
  return byteStream(body());
}

/** Refused: a cursor that is none of ours, of the other order, or that the filter has moved away from (spec/core.md §1.8). */
function pageQuery(sql: Sql, thread: number, query: ListQuery): PageQuery {
  const after = query.page === null ? null : position(query.order, query.page);
  const from = largest(query.gte, query.gt === undefined ? undefined : query.gt + 1);
  const to = smallest(query.lte, query.lt === undefined ? undefined : query.lt - 1);
  const ts = after?.seq ? stampAt(sql, thread, after.seq) : null;
  if (ts !== null && (ts < (from ?? ts) || ts > (to ?? ts))) {
    throw new ApiError(invalid("page: the created_at filter excludes this cursor; keep the filter while paging"));
  }
  return { thread, order: query.order, limit: query.limit, types: query.types, after, from, to };
}

function cursor(order: "asc" | "desc", at: Position): string {
  return `page_${btoa(JSON.stringify([order, at.seq, at.n]))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "")}`;
}

function position(order: "asc" | "desc", text: string): Position {
  const [of, seq, n] = parsed(text);
  const whole = (value: unknown) => value === null || (Number.isSafeInteger(value) && (value as number) >= 0);
  if ((of !== "asc" && of !== "desc") || !whole(seq) || !whole(n)) {
    throw new ApiError(invalid("page: not a cursor of this list; pass next_page as it was given"));
  }
  if (of !== order)
    throw new ApiError(invalid(`page: this cursor was made with order=${of}; keep the order while paging`));
  return { seq: seq as number | null, n: n as number | null };
}

function parsed(text: string): unknown[] {
  try {
    const value: unknown = JSON.parse(
      atob(
        text
          .replace(/^page_/, "")
          .replaceAll("-", "+")
          .replaceAll("_", "/"),
      ),
    );
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
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
