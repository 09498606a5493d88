/** D1 over Node's SQLite: the catalog's own statements on its own tables. */
import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";

const MIGRATIONS = resolve(import.meta.dirname, "../../src/catalog/migrations");

type Bind = string | number | null;
/** Called around every trip to the database; it may not come back. */
export type Trip = (label: "db.read" | "db.write", when: "before" | "after") => Promise<void>;

export class Catalog {
  readonly #db = new DatabaseSync(":memory:");

  constructor() {
    for (const file of readdirSync(MIGRATIONS).sort()) this.#db.exec(readFileSync(resolve(MIGRATIONS, file), "utf8"));
  }

  rows(query: string): Record<string, unknown>[] {
    return this.#db.prepare(query).all() as Record<string, unknown>[];
  }

  close(): void {
    this.#db.close();
  }

  /** The database as one caller reaches it. */
  through(trip: Trip): D1Database {
    const travel = async (work: () => unknown, texts: string[]) => {
      const label = texts.every((text) => /^\s*SELECT/i.test(text)) ? "db.read" : "db.write";
      await trip(label, "before");
      const done = work();
      await trip(label, "after");
      return done;
    };
    const prepared = (text: string, binds: Bind[]): object => ({
      text,
      binds,
      bind: (...given: Bind[]) =>
        prepared(
          text,
          given.map((one) => one ?? null),
        ),
      run: () => travel(() => this.#exec(text, binds), [text]),
      all: () => travel(() => this.#exec(text, binds), [text]),
      first: () => travel(() => this.#exec(text, binds).results[0] ?? null, [text]),
    });
    const batch = (list: { text: string; binds: Bind[] }[]) =>
      travel(
        () => this.#together(list),
        list.map((one) => one.text),
      );
    return { prepare: (text: string) => prepared(text, []), batch } as unknown as D1Database;
  }

  #exec(text: string, binds: Bind[]) {
    const results = this.#db.prepare(text).all(...binds);
    const changes = (this.#db.prepare("SELECT changes() AS n").get() as { n: number }).n;
    return { results, success: true, meta: { changes } };
  }

  #together(list: { text: string; binds: Bind[] }[]) {
    this.#db.exec("BEGIN");
    try {
      const done = list.map((one) => this.#exec(one.text, one.binds));
      this.#db.exec("COMMIT");
      return done;
    } catch (error) {
      this.#db.exec("ROLLBACK");
      throw error;
    }
  }
}
