/**
 * One Durable Object as the platform runs it: a database and an alarm that outlive instances, an output gate, sockets. What an instance writes
 * in one synchronous stretch becomes durable together, alarm included, before anything it says is heard (reliability.md §0.1).
 */
import type { SqlRow, SqlValue } from "../../src/log/sql.ts";
import { ASK_ALARM } from "./exits.ts";
import type { Instance } from "./instance.ts";
import { MemorySql } from "./memory.ts";
import { Crash, type Label, type When } from "./points.ts";
import type { SimSocket } from "./socket.ts";
import { type Cost, Stretch } from "./stretch.ts";

export interface Observer {
  /** May throw `Crash` for the instance that is passing. */
  point(instance: Instance, label: Label, when: When): void;
  committed(cell: Cell, cost: Cost): void;
  /** May throw in the place of a statement. */
  statement(instance: Instance, query: string): void;
}

export class Cell {
  readonly sql = new MemorySql();
  readonly observer: Observer;
  alarm: number | null = null;
  /** The alarm is not as the session last set it. */
  tampered = false;
  sockets: SimSocket[] = [];
  births = 0;
  /** As the last commit left it. */
  durable: ReadonlyMap<string, readonly SqlRow[]> = new Map();
  /** Whose writes became durable last. */
  #last: Instance | null = null;
  /** What is written and not durable yet. */
  #stretch: Stretch | null = null;

  constructor(observer: Observer) {
    this.observer = observer;
  }

  /** The tables that are not as the last commit left them. */
  get changed(): string[] {
    const names = new Set([...this.sql.tables, ...this.durable.keys()]);
    // Lists of rows are replaced when a row changes, and only then.
    return [...names].filter((name) => this.sql.rows(name) !== this.durable.get(name));
  }

  /** The newest durable seq of the log. */
  get newest(): number {
    return this.durable.get("events")?.reduce((most, { seq }) => Math.max(most, seq as number), 0) ?? 0;
  }

  exec(instance: Instance, query: string, binds: SqlValue[]) {
    this.#enter(instance);
    this.observer.statement(instance, query);
    if (!query.startsWith("SELECT")) this.#writing(instance).note(query, binds);
    return this.sql.exec(query, ...binds);
  }

  transaction<T>(instance: Instance, work: () => T): T {
    this.#enter(instance);
    return this.#writing(instance).transaction(() => this.sql.transaction(work as () => never));
  }

  setAlarm(instance: Instance, due: number | null): void {
    this.#enter(instance);
    // The platform lets an instance that it has replaced write nothing. Here the log's own fence has to stop its rows, and what stops them
    // stops the alarm.
    if (instance.replaced && !(this.#stretch?.writer === instance && this.#stretch.wrote)) return;
    this.#writing(instance);
    this.alarm = due;
    // What a replaced instance sets is not what the session would.
    this.tampered = instance.replaced;
  }

  askAlarm(instance: Instance): number | null {
    if (!instance.dead) this.observer.statement(instance, ASK_ALARM);
    return this.alarm;
  }

  /** The platform, not the session, moves or loses the alarm. */
  tamper(due: number | null): void {
    this.alarm = due;
    this.tampered = true;
  }

  erase(instance: Instance): void {
    this.#enter(instance);
    if (instance.replaced) return;
    this.#writing(instance).erased();
    this.sql.clear();
    this.alarm = null;
  }

  /** What the instance says is heard once everything before it is durable. */
  say(instance: Instance, heard: () => void): void {
    if (instance.dead) throw new Crash();
    if (this.#stretch?.writer === instance) this.#stretch.held.push(heard);
    else heard();
  }

  /** The gate: makes durable what was written, or kills the writer. Throws `Crash` when the instance that waits for it dies of it. */
  gate(instance: Instance): void {
    this.settle();
    if (instance.dead) throw new Crash();
  }

  settle(): void {
    const stretch = this.#stretch;
    if (!stretch) return;
    const { writer, wrote, held } = stretch;
    // Only an instance that a newer one has written after is left to the log's fence; the platform stops any other that it has replaced.
    if (writer.replaced && wrote && (this.#last?.born ?? 0) <= writer.born) {
      writer.kill();
      return;
    }
    const cost = stretch.cost(this.sql);
    if (!this.#passes(writer, cost.label, "before")) return;
    this.sql.keep();
    if (wrote) this.#last = writer;
    this.durable = new Map(this.sql.tables.map((name) => [name, this.sql.rows(name)]));
    this.#stretch = null;
    this.observer.committed(this, cost);
    if (!this.#passes(writer, cost.label, "after")) return;
    for (const heard of held) heard();
  }

  /** The instance dies here and now: what it has not made durable is undone. */
  drop(instance: Instance): void {
    const stretch = this.#stretch;
    if (stretch?.writer !== instance) return;
    this.sql.undo();
    this.alarm = stretch.before.alarm;
    this.tampered = stretch.before.tampered;
    this.#stretch = null;
  }

  #passes(writer: Instance, label: Label, when: When): boolean {
    try {
      this.observer.point(writer, label, when);
      return !writer.dead;
    } catch (error) {
      if (error instanceof Crash) return false;
      throw error;
    }
  }

  #enter(instance: Instance): void {
    if (instance.dead) throw new Crash();
    if (this.#stretch && this.#stretch.writer !== instance) this.settle();
  }

  /** The stretch of the instance, which has entered: goes on until the instance waits for something. */
  #writing(instance: Instance): Stretch {
    if (this.#stretch) return this.#stretch;
    const { alarm, tampered } = this;
    const { written, read } = this.sql;
    const stretch = new Stretch(instance, { alarm, tampered, written, read });
    this.#stretch = stretch;
    this.sql.begin();
    queueMicrotask(() => {
      if (this.#stretch?.writer === instance) this.settle();
    });
    return stretch;
  }
}
