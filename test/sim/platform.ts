/**
 * One Durable Object as the platform runs it: a database and an alarm that outlive instances, an output gate, sockets. What an instance writes
 * in one synchronous stretch becomes durable together, alarm included, before anything it says is heard (reliability.md §0.1).
 */
import type { SqlRow, SqlValue } from "../../src/log/sql.ts";
import { MemorySql } from "./memory.ts";
import { Crash, commitLabel, type Label, type When } from "./points.ts";
import type { SimSocket } from "./socket.ts";

export interface Observer {
  /** May throw `Crash` for the instance that is passing. */
  point(instance: Instance, label: Label, when: When): void;
  committed(cell: Cell, cost: Cost): void;
  /** May throw in the place of a statement. */
  statement(instance: Instance, query: string): void;
}

/** What one commit wrote and read. */
export interface Cost {
  label: Label;
  types: string[];
  /** Rows put into the inbox. */
  queued: number;
  written: number;
  read: number;
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
  /** Whose writes are not durable yet. */
  #writer: Instance | null = null;
  #alarmBefore: { due: number | null; tampered: boolean } = { due: null, tampered: false };
  #held: (() => void)[] = [];
  #types: string[] = [];
  #queued = 0;
  /** A transaction of the writer's has gone through. */
  #wrote = false;
  #touched = new Set<string>();
  #cost = { written: 0, read: 0 };

  constructor(observer: Observer) {
    this.observer = observer;
  }

  /** The tables that are not as the last commit left them. */
  get changed(): string[] {
    const names = new Set([...this.sql.tables, ...this.durable.keys()]);
    // Lists of rows are replaced when a row changes, and only then.
    return [...names].filter((name) => this.sql.rows(name) !== this.durable.get(name));
  }

  exec(instance: Instance, query: string, binds: SqlValue[]) {
    this.#enter(instance);
    this.observer.statement(instance, query);
    if (!query.startsWith("SELECT")) this.#begin(instance);
    if (query.startsWith("INSERT INTO inbox")) this.#queued += 1;
    if (query.startsWith("INSERT INTO events")) this.#types.push(binds[3] as string);
    if (query.startsWith("INSERT INTO init")) this.#touched.add("create");
    if (query.includes("INTO posts")) this.#touched.add("post");
    if (query.startsWith("UPDATE meta SET epoch = ?, boots")) this.#touched.add("boot");
    if (/^(UPDATE|INSERT INTO) meta/.test(query)) this.#wrote = true;
    return this.sql.exec(query, ...binds);
  }

  transaction<T>(instance: Instance, work: () => T): T {
    this.#enter(instance);
    this.#begin(instance);
    const types = [...this.#types];
    const wrote = this.#wrote;
    try {
      return this.sql.transaction(work as () => never);
    } catch (error) {
      this.#types = types;
      this.#wrote = wrote;
      throw error;
    }
  }

  setAlarm(instance: Instance, due: number | null): void {
    this.#enter(instance);
    // The platform lets an instance that it has replaced write nothing. Here the log's own fence has to stop its rows, and what stops them
    // stops the alarm.
    if (instance.replaced && !(this.#writer === instance && this.#wrote)) return;
    this.#begin(instance);
    this.alarm = due;
    // What a replaced instance sets is not what the session would.
    this.tampered = instance.replaced;
  }

  /** The platform, not the session, moves or loses the alarm. */
  tamper(due: number | null): void {
    this.alarm = due;
    this.tampered = true;
  }

  erase(instance: Instance): void {
    this.#enter(instance);
    if (instance.replaced) return;
    this.#begin(instance);
    this.#touched.add("erase");
    this.sql.clear();
    this.alarm = null;
  }

  /** What the instance says is heard once everything before it is durable. */
  say(instance: Instance, heard: () => void): void {
    if (instance.dead) throw new Crash();
    if (this.#writer === instance) this.#held.push(heard);
    else heard();
  }

  /** The gate: makes durable what was written, or kills the writer. Throws `Crash` when the instance that waits for it dies of it. */
  gate(instance: Instance): void {
    if (this.#writer) this.settle();
    if (instance.dead) throw new Crash();
  }

  settle(): void {
    const writer = this.#writer;
    if (!writer) return;
    // Only an instance that a newer one has written after is left to the log's fence; the platform stops any other that it has replaced.
    if (writer.replaced && this.#wrote && (this.#last?.born ?? 0) <= writer.born) {
      writer.kill();
      return;
    }
    const cost = {
      label: commitLabel(this.#types, this.#touched),
      types: this.#types,
      queued: this.#queued,
      ...this.#delta(),
    };
    if (!this.#passes(writer, cost.label, "before")) return;
    this.sql.keep();
    if (this.#wrote) this.#last = writer;
    this.durable = new Map(this.sql.tables.map((name) => [name, this.sql.rows(name)]));
    const held = this.#held;
    this.#reset();
    this.observer.committed(this, cost);
    if (!this.#passes(writer, cost.label, "after")) return;
    for (const heard of held) heard();
  }

  /** The instance dies here and now: what it has not made durable is undone. */
  drop(instance: Instance): void {
    if (this.#writer !== instance) return;
    this.sql.undo();
    this.alarm = this.#alarmBefore.due;
    this.tampered = this.#alarmBefore.tampered;
    this.#reset();
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

  #delta() {
    return { written: this.sql.written - this.#cost.written, read: this.sql.read - this.#cost.read };
  }

  #enter(instance: Instance): void {
    if (instance.dead) throw new Crash();
    if (this.#writer && this.#writer !== instance) this.settle();
  }

  #begin(instance: Instance): void {
    if (this.#writer) return;
    this.#writer = instance;
    this.#alarmBefore = { due: this.alarm, tampered: this.tampered };
    this.#cost = { written: this.sql.written, read: this.sql.read };
    this.sql.begin();
    queueMicrotask(() => {
      if (this.#writer === instance) this.settle();
    });
  }

  #reset(): void {
    this.#writer = null;
    this.#held = [];
    this.#types = [];
    this.#queued = 0;
    this.#wrote = false;
    this.#touched = new Set();
  }
}

/** One life of an object. `replaced`: a newer instance exists, and this one does not know it yet. */
export class Instance {
  readonly cell: Cell;
  readonly born: number;
  readonly #mourners: (() => void)[] = [];
  dead = false;
  replaced = false;

  constructor(cell: Cell) {
    this.cell = cell;
    cell.births += 1;
    this.born = cell.births;
  }

  /** Rejects when the instance dies: what a caller of it sees. */
  get death(): Promise<never> {
    return new Promise((_, reject) => this.#mourners.push(() => reject(new Error("the object was reset"))));
  }

  kill(): void {
    if (this.dead) return;
    this.dead = true;
    for (const mourner of this.#mourners.splice(0)) mourner();
    this.cell.drop(this);
  }

  /** Throws where the instance is to die, and is nothing anywhere else. */
  point(label: Label, when: When): void {
    this.cell.gate(this);
    this.cell.observer.point(this, label, when);
  }

  /** The part of `DurableObjectState` that a session uses. */
  context(name: string): object {
    const { cell } = this;
    return {
      id: { name },
      abort: () => this.kill(),
      waitUntil: (work: Promise<unknown>) => void work.catch(() => {}),
      blockConcurrencyWhile: (work: () => Promise<unknown>) => this.#block(work),
      storage: {
        sql: { exec: (query: string, ...binds: SqlValue[]) => ({ toArray: () => cell.exec(this, query, binds) }) },
        transactionSync: <T>(work: () => T) => cell.transaction(this, work),
        // A dead instance is stopped where it calls, not by a promise that nobody looks at.
        setAlarm: (due: number) => Promise.resolve(cell.setAlarm(this, due)),
        deleteAlarm: () => Promise.resolve(cell.setAlarm(this, null)),
        getAlarm: async () => cell.alarm,
        deleteAll: () => Promise.resolve(cell.erase(this)),
        sync: async () => cell.gate(this),
      },
      acceptWebSocket: (ws: SimSocket) => {
        ws.accept(this);
        cell.sockets.push(ws);
      },
      getWebSockets: () => cell.sockets.filter((ws) => ws.closed === null),
    };
  }

  /** Resolves when the constructor's own waiting is over: until then the platform delivers nothing. */
  ready: Promise<unknown> = Promise.resolve();
  booting = false;

  #block(work: () => Promise<unknown>): Promise<unknown> {
    this.booting = true;
    const running = work().finally(() => {
      this.booting = false;
    });
    this.ready = this.ready.then(() => running);
    return running;
  }
}
