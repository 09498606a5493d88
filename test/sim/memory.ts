import type { Sql, SqlRow, SqlValue } from "../../src/log/sql.ts";
import { compile, type Statement, type Tables } from "./statement.ts";

const compiled = new Map<string, Statement>();

/**
 * A session's database in memory, with the commit semantics of a Durable Object's: everything since `begin` becomes durable together or
 * not at all, and a `transaction` that throws inside leaves nothing of itself.
 */
export class MemorySql implements Sql {
  #tables: Tables = new Map();
  #before: Tables | null = null;
  /** Rows returned and statements that wrote, for the counters of I21. */
  read = 0;
  written = 0;

  exec(query: string, ...binds: SqlValue[]): SqlRow[] {
    let statement = compiled.get(query);
    if (!statement) {
      statement = compile(query);
      compiled.set(query, statement);
    }
    const rows = statement(this.#tables, binds);
    if (query.startsWith("SELECT")) this.read += rows.length;
    else this.written += 1;
    return rows;
  }

  transaction<T>(work: () => T extends Promise<unknown> ? never : T): T {
    const before = copy(this.#tables);
    const { written } = this;
    try {
      return work();
    } catch (error) {
      this.#tables = before;
      this.written = written;
      throw error;
    }
  }

  get pending(): boolean {
    return this.#before !== null;
  }

  begin(): void {
    this.#before ??= copy(this.#tables);
  }

  keep(): void {
    this.#before = null;
  }

  undo(): void {
    if (this.#before) this.#tables = this.#before;
    this.#before = null;
  }

  clear(): void {
    this.#tables = new Map();
  }

  /** Every row of a table as it is now; none when there is no such table. */
  rows(table: string): readonly SqlRow[] {
    return this.#tables.get(table)?.rows ?? [];
  }

  get tables(): string[] {
    return [...this.#tables.keys()];
  }
}

/** Rows are replaced and never changed, so a copy of the lists is a copy of the tables. */
function copy(tables: Tables): Tables {
  return new Map([...tables].map(([name, table]) => [name, { ...table }]));
}
