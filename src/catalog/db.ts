/**
 * The catalog's statements. Every column is named, in what is written and in what is read: a migration is applied while the running Worker's code
 * still writes, and a column that it adds (with a default) must not be in that code's way.
 */
export type Value = string | number | null;

/** A piece of a statement with its values. */
export interface Fragment {
  text: readonly string[];
  values: readonly Value[];
}

/** SQL in a template: each `${}` is a value, bound by its place, or another piece. */
export function sql(text: TemplateStringsArray, ...parts: (Value | Fragment)[]): Fragment {
  const out = [text[0] ?? ""];
  const values: Value[] = [];
  const append = (more: string) => out.push(`${out.pop()}${more}`);
  for (const [i, part] of parts.entries()) {
    const piece = typeof part === "object" && part !== null ? part : { text: ["", ""], values: [part] };
    append(piece.text[0] ?? "");
    out.push(...piece.text.slice(1));
    values.push(...piece.values);
    append(text[i + 1] ?? "");
  }
  return { text: out, values };
}

/** Text of our own, never a client's: names of tables and columns. */
export function raw(text: string): Fragment {
  return { text: [text], values: [] };
}

export function joinSql(pieces: readonly (Value | Fragment)[], separator: string): Fragment {
  return pieces.reduce<Fragment>(
    (all, piece, i) => (i === 0 ? sql`${piece}` : sql`${all}${raw(separator)}${piece}`),
    raw(""),
  );
}

/** One line: a test, and whoever reads a log, finds a statement by how it begins. */
export function prepare(db: D1Database, { text, values }: Fragment): D1PreparedStatement {
  const numbered = text.reduce((all, part, i) => `${all}?${i}${part}`);
  return db.prepare(numbered).bind(...values);
}

/** A row by its columns. */
export type Columns = Record<string, Value | Fragment>;

/** `INSERT` of one row; with `from`, `FROM … WHERE …`, of one for each row that it finds. An `ON CONFLICT` follows it. */
export function insertInto(table: string, row: Columns, from: Fragment = raw("WHERE TRUE")): Fragment {
  const into = raw(`INSERT INTO ${table} (${Object.keys(row).join(", ")})`);
  return sql`${into} SELECT ${joinSql(Object.values(row), ", ")} ${from}`;
}

/** `a = ?, b = ?`, for `SET`. */
export function assignments(row: Columns): Fragment {
  const parts = Object.entries(row).map(([column, value]) => sql`${raw(column)} = ${value}`);
  return joinSql(parts, ", ");
}

/** A resource as the catalog keeps it: said once, and `findRow`, `archiveRow`, `updateUnchanged` and `keyset.ts`'s `listPage` do the rest. */
export interface StoredResource<Wire, Row extends object> {
  /** In statements its alias is `r`. */
  table: string;
  /** What `Row` is made from, of `r` and the joins, each with its alias. */
  columns: string;
  /** LEFT JOINs alone. */
  joins?: string;
  /** How long the item is that a list shows, as SQL over `r`. */
  bytes: string;
  /** The two columns of `r` that name a row and order its lists: a time or version, then an id. An index of each list ends in them. */
  place: readonly [string, string];
  wire(row: Row): Wire;
}

function select<Wire, Row extends object>(of: StoredResource<Wire, Row>, where: Fragment): Fragment {
  return sql`SELECT ${raw(`${of.columns} FROM ${of.table} r ${of.joins ?? ""}`)} WHERE ${where}`;
}

/** One row of a workspace. */
export function owned(workspace: string, id: string): Fragment {
  return sql`r.id = ${id} AND r.workspace = ${workspace}`;
}

/** Null when there is none. */
export async function findRow<Wire, Row extends object>(
  db: D1Database,
  of: StoredResource<Wire, Row>,
  where: Fragment,
): Promise<Wire | null> {
  const row = await prepare(db, select(of, where)).first<Row>();
  return row && of.wire(row);
}

/** Archives for ever; the first stamp stays (spec/core.md §1.7: archiving again changes nothing). @inferred. Null when there is none. */
export async function archiveRow<Wire, Row extends object>(
  db: D1Database,
  of: StoredResource<Wire, Row>,
  workspace: string,
  id: string,
  now: number,
): Promise<Wire | null> {
  const [, found] = await db.batch<Row>([
    prepare(
      db,
      sql`UPDATE ${raw(of.table)} AS r SET archived_at = ${now} WHERE ${owned(workspace, id)} AND r.archived_at IS NULL`,
    ),
    prepare(db, select(of, owned(workspace, id))),
  ]);
  const [row] = found?.results ?? [];
  return row ? of.wire(row) : null;
}

/**
 * The optimistic update: changes the row only if it is live and `lock`, a column that rises with every change, still has the value that was read.
 * Null: somebody else was first, or a UNIQUE column is taken; nothing is written. `before` runs in the same transaction, ahead of it.
 */
export async function updateUnchanged<Wire, Row extends object>(
  db: D1Database,
  of: StoredResource<Wire, Row>,
  lock: { id: string; column: string; value: Value },
  set: Columns,
  before: Fragment[] = [],
): Promise<Wire | null> {
  const done = await db.batch<Row>([
    ...before.map((piece) => prepare(db, piece)),
    prepare(db, sql`UPDATE OR IGNORE ${raw(of.table)} SET ${assignments(set)} WHERE ${unchanged(lock)} RETURNING id`),
    prepare(db, select(of, sql`r.id = ${lock.id}`)),
  ]);
  const [updated, found] = done.slice(before.length);
  const [row] = found?.results ?? [];
  return updated?.results.length && row ? of.wire(row) : null;
}

/** The row that an optimistic update changes, as a condition. */
export function unchanged(lock: { id: string; column: string; value: Value }): Fragment {
  return sql`id = ${lock.id} AND ${raw(lock.column)} = ${lock.value} AND archived_at IS NULL`;
}
