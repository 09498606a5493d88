/**
 * The few SQLite methods that the log asks of a driver: an object's `ctx.storage` in production, Node's `node:sqlite` in the simulator.
 * `exec` runs at once and returns every row; `transaction` is one atomic block and its closure must not be async.
 */
export type SqlValue = string | number | null | ArrayBuffer | Uint8Array;
export type SqlRow = Record<string, SqlValue>;

export interface Sql {
  exec(query: string, ...binds: SqlValue[]): SqlRow[];
  transaction<T>(work: () => T extends Promise<unknown> ? never : T): T;
}

/** The driver over a Durable Object's storage. */
export function objectSql(storage: Pick<DurableObjectStorage, "sql" | "transactionSync">): Sql {
  return {
    exec: (query, ...binds) => storage.sql.exec(query, ...binds).toArray(),
    transaction: (work) => storage.transactionSync(work as () => never),
  };
}
