/** A machine on Node for tests of the tools: the isolate's own files over `node:sqlite`, with the interpreter as the package ships it. */
import { DatabaseSync } from "node:sqlite";
import { getCommandNames } from "just-bash/browser";
import { Disk } from "../../src/hands/machines/isolate/disk.ts";
import { Pulse } from "../../src/hands/machines/isolate/hooks.ts";
import { IsolateMachine } from "../../src/hands/machines/isolate/machine.ts";
import { furnish } from "../../src/hands/machines/isolate/system.ts";
import { Tree } from "../../src/hands/machines/isolate/tree.ts";
import type { Sql, SqlRow } from "../../src/log/sql.ts";

/** Node's SQLite as the few methods that ours asks for. */
export function nodeSql(database = new DatabaseSync(":memory:")): Sql {
  return {
    exec(query, ...binds) {
      if (binds.length === 0 && query.includes(";")) {
        database.exec(query);
        return [];
      }
      return database.prepare(query).all(...(binds as (string | number | null | Uint8Array)[])) as SqlRow[];
    },
    transaction(work) {
      database.exec("BEGIN");
      try {
        const value = work();
        database.exec("COMMIT");
        return value;
      } catch (error) {
        database.exec("ROLLBACK");
        throw error;
      }
    },
  };
}

export async function memoryMachine(): Promise<IsolateMachine> {
  const tree = new Tree(new Disk(nodeSql()));
  furnish(tree, getCommandNames(), Date.now());
  return new IsolateMachine(tree, new Pulse(), null);
}
