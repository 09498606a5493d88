import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { MIGRATIONS, splitStatements } from "../../src/cli/migrate.ts";

describe("splitting a migration", () => {
  it("cuts at the ends of statements only", () => {
    const sql = `-- a; comment
      CREATE TABLE t (a TEXT DEFAULT 'x;''y'); /* ; */
      CREATE TRIGGER g AFTER INSERT ON t BEGIN UPDATE t SET a = CASE a WHEN ';' THEN 1 ELSE 2 END; DELETE FROM t; END;
      SELECT 1`;
    expect(splitStatements(sql).map((statement) => statement.slice(0, 14))).toEqual([
      "CREATE TABLE t",
      "CREATE TRIGGER",
      "SELECT 1",
    ]);
    expect(splitStatements(" ;; \n")).toEqual([]);
  });

  it("gives SQLite the same tables as the whole file", () => {
    const tables = (run: (db: DatabaseSync, sql: string) => void) => {
      const db = new DatabaseSync(":memory:");
      for (const name of readdirSync(MIGRATIONS).sort()) run(db, readFileSync(resolve(MIGRATIONS, name), "utf8"));
      return db.prepare("SELECT type, name, tbl_name FROM sqlite_master ORDER BY name").all();
    };
    const cut = tables((db, sql) => {
      for (const statement of splitStatements(sql)) db.prepare(statement).run();
    });
    expect(cut.length).toBeGreaterThan(3);
    expect(cut).toEqual(tables((db, sql) => db.exec(sql)));
  });
});
