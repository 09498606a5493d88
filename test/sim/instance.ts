/** One life of a Durable Object, as the code in it sees the platform. */
import type { SqlValue } from "../../src/log/sql.ts";
import type { Cell } from "./cell.ts";
import type { Label, When } from "./points.ts";
import type { SimSocket } from "./socket.ts";

/** `replaced`: a newer instance exists, and this one does not know it yet. */
export class Instance {
  readonly cell: Cell;
  readonly born: number;
  readonly #mourners: (() => void)[] = [];
  dead = false;
  replaced = false;
  /** It has sent a model request. */
  warm = false;

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
        getAlarm: async () => cell.askAlarm(this),
        deleteAll: () => Promise.resolve(cell.erase(this)),
        sync: async () => cell.gate(this),
      },
      acceptWebSocket: (ws: SimSocket) => {
        ws.accept(this);
        cell.sockets.push(ws);
      },
      // Those of the instance that has replaced it are not its own.
      getWebSockets: () => cell.sockets.filter((ws) => ws.closed === null && ws.owner === this),
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
