/**
 * Applies the catalog's migrations to a local database without starting wrangler. It keeps wrangler's own table, so that `wrangler dev`
 * and `wrangler d1 migrations list DB --local` on the same folder agree with it.
 */
import { readdir, readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { ROOT } from "./root.ts";

export const MIGRATIONS = resolve(ROOT, "src/catalog/migrations");
const TABLE = `CREATE TABLE IF NOT EXISTS d1_migrations(
  id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)`;

/** Applies what is missing, in the order of the file names, each file in one transaction; returns the names applied. */
export async function applyMigrations(db: D1Database, folder: string = MIGRATIONS): Promise<string[]> {
  await db.prepare(TABLE).run();
  const { results } = await db.prepare("SELECT name FROM d1_migrations").all<{ name: string }>();
  const done = new Set(results.map((row) => row.name));
  const files = (await readdir(folder)).filter((name) => name.endsWith(".sql") && !done.has(name)).sort();
  for (const name of files) {
    const statements = splitStatements(await readFile(resolve(folder, name), "utf8"));
    await db.batch([
      ...statements.map((statement) => db.prepare(statement)),
      db.prepare("INSERT INTO d1_migrations (name) VALUES (?)").bind(name),
    ]);
  }
  return files;
}

/** Cuts SQL at the semicolons that end a statement: not those in quotes, comments or a trigger's body. */
export function splitStatements(sql: string): string[] {
  const statements: string[] = [];
  let statement = "";
  let depth = 0;
  for (const [token] of sql.matchAll(/--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'|"(?:[^"]|"")*"|\w+|[\s\S]/g)) {
    if (token.startsWith("--") || token.startsWith("/*")) continue;
    if (/^(begin|case)$/i.test(token)) depth++;
    if (/^end$/i.test(token)) depth--;
    if (token === ";" && depth === 0) {
      if (statement.trim()) statements.push(statement.trim());
      statement = "";
    } else statement += token;
  }
  if (statement.trim()) statements.push(statement.trim());
  return statements;
}
