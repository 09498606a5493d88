import { contentFrom } from "./blob.ts";
import { typesWhere } from "./events.ts";
import { inboxFrom, rowFrom } from "./read.ts";
import { type Content, INTERNAL, type InboxRow, PRIMARY, type Row } from "./rows.ts";
import type { Sql, SqlValue } from "./sql.ts";

/** A page ends at this many bytes of content even below its limit (shared design §3). */
const PAGE_BYTES = 8 * 1024 * 1024;
/** A filtered page looks at this many rows at most, then ends short with a cursor. */
const SCAN_ROWS = 5_000;
/** Rows read in one step: bounds what is in memory beyond the page. */
const STEP_ROWS = 32;

/**
 * Where a page ended. `seq`: the last log row seen. `n`: the last inbox ordinal seen; a row that was listed while it waited keeps its ordinal in
 * the log and is not listed again. Null: none yet.
 */
export interface Position {
  seq: number | null;
  n: number | null;
}

export interface PageQuery {
  thread: number;
  order: "asc" | "desc";
  limit: number;
  after: Position | null;
  types: string[] | null;
  /** Inclusive bounds on the stamp, microseconds. Pending events have no stamp: a bound leaves them out. */
  from?: number | undefined;
  to?: number | undefined;
}

export interface EventPage {
  rows: (Row | InboxRow)[];
  next: Position | null;
}

/** One page of a thread: log then inbox, or the mirror of it; paging while events are consumed neither skips nor doubles (I23). */
export function eventPage(sql: Sql, query: PageQuery): EventPage {
  return query.order === "asc" ? ascending(sql, query) : descending(sql, query);
}

class Page {
  readonly rows: (Row | InboxRow)[] = [];
  #bytes = 0;
  #scanned = 0;
  readonly #query: PageQuery;

  constructor(query: PageQuery) {
    this.#query = query;
  }

  /** Takes a row in, if it is wanted; false when the page was already full and the row belongs to the next one. */
  offer(row: Row | InboxRow, skip: boolean): boolean {
    const wanted = !skip && (this.#query.types?.includes(row.type) ?? true);
    const size = wanted ? row.body.length + sizeOf(row.content) : 0;
    const full = this.rows.length >= this.#query.limit || (this.rows.length > 0 && this.#bytes + size > PAGE_BYTES);
    if ((wanted && full) || this.#scanned >= SCAN_ROWS) return false;
    this.#scanned += 1;
    this.#bytes += size;
    if (wanted) this.rows.push(row);
    return true;
  }
}

function ascending(sql: Sql, query: PageQuery): EventPage {
  const page = new Page(query);
  const seenN = query.after?.n ?? 0;
  let seq = Math.max(query.after?.seq ?? 0, query.from === undefined ? 0 : seqBefore(sql, query.thread, query.from));
  for (const row of logRows(sql, query.thread, seq, "asc")) {
    if (query.to !== undefined && row.ts > query.to) return { rows: page.rows, next: null };
    if (!page.offer(row, row.n !== null && row.n <= seenN))
      return { rows: page.rows, next: { seq, n: query.after?.n ?? null } };
    seq = row.seq;
  }
  let n = seenN;
  for (const row of pending(sql, query, seenN, "asc")) {
    if (!page.offer(row, false)) return { rows: page.rows, next: { seq, n } };
    n = row.n;
  }
  return { rows: page.rows, next: null };
}

function descending(sql: Sql, query: PageQuery): EventPage {
  const page = new Page(query);
  let n = query.after?.n ?? null;
  const top = query.after?.seq ?? null;
  for (const row of top === null ? pending(sql, query, n ?? Number.MAX_SAFE_INTEGER, "desc") : []) {
    if (!page.offer(row, false)) return { rows: page.rows, next: { seq: null, n } };
    n = row.n;
  }
  const bound = query.to === undefined ? null : seqBefore(sql, query.thread, query.to + 1) + 1;
  let seq = Math.min(top ?? Number.MAX_SAFE_INTEGER, bound ?? Number.MAX_SAFE_INTEGER);
  for (const row of logRows(sql, query.thread, seq, "desc")) {
    if (query.from !== undefined && row.ts < query.from) break;
    if (!page.offer(row, row.n !== null && n !== null && row.n >= n)) return { rows: page.rows, next: { seq, n } };
    seq = row.seq;
  }
  return { rows: page.rows, next: null };
}

function* logRows(sql: Sql, thread: number, from: number, order: "asc" | "desc"): Generator<Row> {
  const compare = order === "asc" ? ">" : "<";
  for (let seq = from; ; ) {
    const rows = sql.exec(
      `SELECT * FROM events WHERE thread = ? AND seq ${compare} ? ORDER BY seq ${order} LIMIT ?`,
      thread,
      seq,
      STEP_ROWS,
    );
    for (const row of rows) yield rowFrom(row);
    if (rows.length < STEP_ROWS) return;
    seq = Number(rows.at(-1)?.seq);
  }
}

function* pending(sql: Sql, query: PageQuery, from: number, order: "asc" | "desc"): Generator<InboxRow> {
  if (query.from !== undefined || query.to !== undefined || query.thread !== PRIMARY) return;
  const compare = order === "asc" ? ">" : "<";
  for (let n = from; ; ) {
    const rows = sql.exec(`SELECT * FROM inbox WHERE n ${compare} ? ORDER BY n ${order} LIMIT ?`, n, STEP_ROWS);
    for (const row of rows) yield inboxFrom(row);
    if (rows.length < STEP_ROWS) return;
    n = Number(rows.at(-1)?.n);
  }
}

/** The newest seq of the thread whose stamp is below `ts`; 0 for none. Stamps rise with seq, so a binary search finds it in O(log n) reads. */
function seqBefore(sql: Sql, thread: number, ts: number): number {
  let low = 0;
  let high =
    (sql.exec("SELECT seq FROM events WHERE thread = ? ORDER BY seq DESC LIMIT 1", thread)[0]?.seq as number) ?? 0;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const row = sql.exec(
      "SELECT seq, ts FROM events WHERE thread = ? AND seq <= ? ORDER BY seq DESC LIMIT 1",
      thread,
      middle,
    )[0];
    if (!row || (row.ts as number) < ts) low = middle;
    else high = (row.seq as number) - 1;
  }
  return low;
}

/** The stamp of the row at `seq`; null when the thread has none there. */
export function stampAt(sql: Sql, thread: number, seq: number): number | null {
  return (
    (sql.exec("SELECT ts FROM events WHERE thread = ? AND seq = ?", thread, seq)[0]?.ts as number | undefined) ?? null
  );
}

function sizeOf(content: Content): number {
  return content === null ? 0 : typeof content === "string" ? content.length : content.bytes;
}

/** As much of a row as a prompt looks at. */
export type PromptRow = Pick<Row, "seq" | "n" | "id" | "type" | "origin" | "body" | "note"> & {
  hasContent: boolean;
  hasWire: boolean;
};

/** The types whose body a prompt needs: it names the call. */
const RESULTS = typesWhere((kind) => kind.prompt === "result")
  .map((type) => `'${type}'`)
  .join(", ");

/** What the sockets and the prompt read (both stay within one thread). */
export class LogView {
  readonly #sql: Sql;
  readonly #seq: () => number;

  constructor(sql: Sql, seq: () => number) {
    this.#sql = sql;
    this.#seq = seq;
  }

  lastSeq(): number {
    return this.#seq();
  }

  /** Rows of a thread with seq > `seq`: at most `events` rows and about `bytes` bytes of text, at least one row if any. */
  after(thread: number, seq: number, limit: { events: number; bytes: number }): Row[] {
    const rows: Row[] = [];
    let bytes = 0;
    for (const row of logRows(this.#sql, thread, seq, "asc")) {
      bytes += row.body.length + sizeOf(row.content);
      if (rows.length > 0 && (rows.length >= limit.events || bytes > limit.bytes)) break;
      rows.push(row);
    }
    return rows;
  }

  row(thread: number, seq: number): Row | null {
    if (thread === INTERNAL) return null;
    const row = this.#sql.exec("SELECT * FROM events WHERE thread = ? AND seq = ?", thread, seq)[0];
    return row ? rowFrom(row) : null;
  }

  /** Rows of a thread after `seq`, without the bytes that prompts are made of. */
  promptRows(thread: number, after: number): PromptRow[] {
    return this.#sql
      .exec(
        `SELECT seq, n, id, type, origin, CASE WHEN type IN (${RESULTS}) THEN body ELSE '{}' END AS body, note,
           content IS NOT NULL AS has_content, wire IS NOT NULL AS has_wire
         FROM events WHERE thread = ? AND seq > ? ORDER BY seq`,
        thread,
        after,
      )
      .map((columns) => {
        const { seq, n, id, type, origin, body, note } = rowFrom(columns);
        const has = { hasContent: columns.has_content === 1, hasWire: columns.has_wire === 1 };
        return { seq, n, id, type, origin, body, note, ...has };
      });
  }

  /** A column of a row that may still wait in the inbox under its ordinal. Throws `Corrupted`. */
  column(thread: number, seq: number, n: number | null, column: "content" | "wire"): Content {
    const stored = this.#one(`SELECT ${column} AS value FROM events WHERE thread = ? AND seq = ?`, thread, seq);
    if (stored !== undefined || n === null || column === "wire")
      return contentFrom(stored ?? null, { seq, type: column });
    return contentFrom(this.#one("SELECT content AS value FROM inbox WHERE n = ?", n) ?? null, { n, type: column });
  }

  #one(query: string, ...binds: SqlValue[]): string | null | undefined {
    const row = this.#sql.exec(query, ...binds)[0];
    return row && (row.value === null ? null : String(row.value));
  }
}
