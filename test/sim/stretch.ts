/** What an instance has written since it last waited: none of it is durable yet, and nothing it says after it is heard yet. */
import type { SqlValue } from "../../src/log/sql.ts";
import type { Instance } from "./instance.ts";
import { commitLabel, type Label } from "./points.ts";

/** What one commit wrote and read. */
export interface Cost {
  label: Label;
  types: string[];
  /** The writer has sent a model request, so it has read what there is to read. */
  warm: boolean;
  /** How often the log's own row was written. */
  commits: number;
  /** Rows put into the inbox. */
  queued: number;
  /** Rows taken out of it. */
  consumed: number;
  /** Rows of the outbox that it put, changed or took out. */
  told: number;
  written: number;
  read: number;
}

/** The object when the stretch began: its alarm, and the database's counters. */
interface Before {
  alarm: number | null;
  tampered: boolean;
  written: number;
  read: number;
}

export class Stretch {
  readonly writer: Instance;
  readonly before: Before;
  /** Heard once the stretch is durable. */
  readonly held: (() => void)[] = [];
  /** The log's own row has been written: what the log's fence would have stopped has passed it. */
  wrote = false;
  #types: string[] = [];
  #queued = 0;
  #consumed = 0;
  #told = 0;
  #commits = 0;
  readonly #touched = new Set<string>();

  constructor(writer: Instance, before: Before) {
    this.writer = writer;
    this.before = before;
  }

  /** Takes note of a statement that writes. */
  note(query: string, binds: readonly SqlValue[]): void {
    if (query.startsWith("INSERT INTO inbox")) this.#queued += 1;
    if (query.startsWith("DELETE FROM inbox")) this.#consumed += 1;
    if (/^(INSERT OR REPLACE INTO|DELETE FROM|CREATE TABLE) outbox/.test(query)) this.#told += 1;
    if (query.startsWith("INSERT INTO events")) this.#types.push(binds[3] as string);
    if (query.startsWith("INSERT INTO init")) this.#touched.add("create");
    if (query.includes("INTO posts")) this.#touched.add("post");
    if (query.startsWith("UPDATE meta SET epoch = ?, boots")) this.#touched.add("boot");
    if (/^(UPDATE|INSERT INTO) meta/.test(query)) {
      this.wrote = true;
      this.#commits += 1;
    }
  }

  erased(): void {
    this.#touched.add("erase");
  }

  /** Runs a transaction; what one that throws has written is forgotten. */
  transaction<T>(work: () => T): T {
    const types = [...this.#types];
    const [queued, consumed, told, commits] = [this.#queued, this.#consumed, this.#told, this.#commits];
    const { wrote } = this;
    try {
      return work();
    } catch (error) {
      this.#types = types;
      [this.#queued, this.#consumed, this.#told, this.#commits] = [queued, consumed, told, commits];
      this.wrote = wrote;
      throw error;
    }
  }

  cost({ written, read }: { written: number; read: number }): Cost {
    return {
      label: commitLabel(this.#types, this.#touched),
      types: this.#types,
      warm: this.writer.warm,
      commits: this.#commits,
      queued: this.#queued,
      consumed: this.#consumed,
      told: this.#told,
      written: written - this.before.written,
      read: read - this.before.read,
    };
  }
}
