/**
 * The few forms of SQL that the log writes, compiled to closures over plain rows. Anything else throws with its text: a statement of a new
 * form needs a line here, and `test/sim/memory.test.ts` shows that both drivers give equal rows.
 */
import type { SqlRow, SqlValue } from "../../src/log/sql.ts";
import { compare, condition, list, projection, type Term, term } from "./expression.ts";

/** One table: its rows in key order. Rows are replaced, never changed. */
export interface Table {
  key: string[];
  rows: SqlRow[];
}
export type Tables = Map<string, Table>;
export type Statement = (tables: Tables, binds: SqlValue[]) => SqlRow[];

export function compile(text: string): Statement {
  const sql = text.replace(/\s+/g, " ").trim();
  const create = /^CREATE TABLE (\w+) \((.*)\)( WITHOUT ROWID)?;?$/.exec(sql);
  if (create) return createTable(create[1] as string, create[2] as string);
  const select =
    /^SELECT (.+?) FROM (\w+)(?: WHERE (.+?))?(?: ORDER BY (\w+)(?: (asc|desc))?)?(?: LIMIT (\S+))?$/i.exec(sql);
  if (select) return selectRows(select);
  const copy = /^INSERT INTO (\w+) \((.+?)\) SELECT (.+) FROM (\w+) WHERE (.+)$/.exec(sql);
  if (copy) return insertCopy(copy);
  const insert = /^INSERT (OR REPLACE |OR IGNORE )?INTO (\w+) \((.+?)\) VALUES \((.+)\)$/.exec(sql);
  if (insert) return insertValues(insert);
  const update = /^UPDATE (\w+) SET (.+) WHERE (.+)$/.exec(sql);
  if (update) return updateRows(update);
  const remove = /^DELETE FROM (\w+)(?: WHERE (.+))?$/.exec(sql);
  if (remove) return deleteRows(remove);
  throw new Error(`the simulator's tables do not know this statement: ${sql}`);
}

function createTable(name: string, columns: string): Statement {
  const composite = /PRIMARY KEY \(([^)]+)\)/.exec(columns)?.[1];
  const key = composite ? list(composite) : [/(\w+) \w+ PRIMARY KEY/.exec(columns)?.[1] as string];
  return (tables) => {
    if (tables.has(name)) throw new Error(`table ${name} already exists`);
    tables.set(name, { key, rows: [] });
    return [];
  };
}

function selectRows([, columns, from, where, order, direction, limit]: RegExpExecArray): Statement {
  const counter = { n: 0 };
  if (from === "sqlite_master") {
    const name = /name = '(\w+)'/.exec(where ?? "")?.[1] as string;
    return (tables) => (tables.has(name) ? [{ yes: 1 }] : []);
  }
  const take = projection(columns as string, counter);
  const holds = condition(where, counter);
  const most = limit === undefined ? null : term(limit, counter);
  return (tables, binds) => {
    const table = tableOf(tables, from as string);
    const found = table.rows.filter((row) => holds(row, binds));
    const by = order as string;
    if (by !== undefined && by !== table.key.at(-1)) found.sort((a, b) => compare(a[by], b[by]));
    if (/^desc$/i.test(direction ?? "")) found.reverse();
    return (most === null ? found : found.slice(0, most({}, binds) as number)).map((row) => take(row, binds));
  };
}

function insertValues([, or, into, columns, values]: RegExpExecArray): Statement {
  const counter = { n: 0 };
  const names = list(columns as string);
  const terms = list(values as string).map((one) => term(one, counter));
  const row = (binds: SqlValue[]) => Object.fromEntries(names.map((name, i) => [name, (terms[i] as Term)({}, binds)]));
  return (tables, binds) => put(tableOf(tables, into as string), row(binds), or?.trim());
}

function insertCopy([, into, columns, values, from, where]: RegExpExecArray): Statement {
  const counter = { n: 0 };
  const names = list(columns as string);
  const terms = list(values as string).map((one) => term(one, counter));
  const holds = condition(where, counter);
  return (tables, binds) => {
    for (const source of tableOf(tables, from as string).rows.filter((row) => holds(row, binds))) {
      put(
        tableOf(tables, into as string),
        Object.fromEntries(names.map((name, i) => [name, (terms[i] as Term)(source, binds)])),
      );
    }
    return [];
  };
}

function updateRows([, name, sets, where]: RegExpExecArray): Statement {
  const counter = { n: 0 };
  const changes = list(sets as string).map((one) => {
    const [column, value] = one.split(/ = /) as [string, string];
    return [column, term(value, counter)] as const;
  });
  const holds = condition(where, counter);
  return (tables, binds) => {
    const table = tableOf(tables, name as string);
    table.rows = table.rows.map((row) =>
      holds(row, binds)
        ? { ...row, ...Object.fromEntries(changes.map(([column, value]) => [column, value(row, binds)])) }
        : row,
    );
    return [];
  };
}

function deleteRows([, name, where]: RegExpExecArray): Statement {
  const holds = condition(where, { n: 0 });
  return (tables, binds) => {
    const table = tableOf(tables, name as string);
    table.rows = table.rows.filter((row) => !holds(row, binds));
    return [];
  };
}

function put(table: Table, row: SqlRow, or?: string): SqlRow[] {
  const at = place(table, row);
  const same = at < table.rows.length && order(table, table.rows[at] as SqlRow, row) === 0;
  if (same && or === undefined) throw new Error(`UNIQUE constraint failed: ${table.key.join(", ")}`);
  if (same && or === "OR IGNORE") return [];
  table.rows = same ? table.rows.with(at, row) : table.rows.toSpliced(at, 0, row);
  return [];
}

/** Where the row is or belongs; new rows mostly belong at the end. */
function place(table: Table, row: SqlRow): number {
  let low = 0;
  let high = table.rows.length;
  if (high > 0 && order(table, table.rows[high - 1] as SqlRow, row) < 0) return high;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (order(table, table.rows[middle] as SqlRow, row) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function order(table: Table, a: SqlRow, b: SqlRow): number {
  for (const column of table.key) {
    const difference = compare(a[column], b[column]);
    if (difference !== 0) return difference;
  }
  return 0;
}

function tableOf(tables: Tables, name: string): Table {
  const table = tables.get(name);
  if (!table) throw new Error(`no such table: ${name}`);
  return table;
}
