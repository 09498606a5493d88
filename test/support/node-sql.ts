import { DatabaseSync } from "node:sqlite";
import type { Sql, SqlRow, SqlValue } from "../../src/log/sql.ts";

/** The log's driver over Node's SQLite: the same statements as in a Durable Object, on a database in memory or in a file. */
export function nodeSql(path = ":memory:"): Sql & { close(): void } {
  const db = new DatabaseSync(path);
  let depth = 0;
  const bound = (value: SqlValue) => (value instanceof ArrayBuffer ? new Uint8Array(value) : value);
  return {
    exec: (query, ...binds) => db.prepare(query).all(...binds.map(bound)) as SqlRow[],
    transaction(work) {
      if (depth > 0) return work() as never;
      db.exec("BEGIN");
      depth += 1;
      try {
        const value = work();
        db.exec("COMMIT");
        return value as never;
      } catch (error) {
        db.exec("ROLLBACK");
        throw error;
      } finally {
        depth -= 1;
      }
    },
    close: () => db.close(),
  };
}
