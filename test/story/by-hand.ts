/** A session of the simulator driven by hand: what a test does to it, step by step, instead of what chance does. */
import { afterAll, beforeAll } from "vitest";
import type { SqlRow } from "../../src/log/sql.ts";
import type { Draft, Sender, SessionInit } from "../../src/session/rpc.ts";
import { SimCatalog } from "../sim/bindings.ts";
import { settled } from "../sim/globals.ts";
import { INIT } from "../sim/init.ts";
import type { Life } from "../sim/life.ts";
import type { Answer } from "../sim/model-server.ts";
import type { World } from "../sim/world.ts";
import { calmWorld, simulated } from "./calm.ts";

export const SENDER: Sender = { cred: "a", key: null, digest: "d", retry: 0 };
export const DONE: Answer = { how: "complete", blocks: [{ type: "text", text: "done" }] };

export function toolUse(
  name: "bash" | "write" | "ask_user",
  id = `toolu_${name}`,
): Extract<Answer, { how: "complete" }> {
  return { how: "complete", blocks: [{ type: "tool_use", id, name, input: { command: "x" } }] };
}

export const draft = (type: string, body: object = {}, text?: string): Draft => ({
  type,
  body: JSON.stringify(body),
  content: text === undefined ? null : new TextEncoder().encode(JSON.stringify([{ type: "text", text }])),
});
export const said = (text: string): Draft => draft("user.message", {}, text);

/** What a test may break: a statement throws in the place of the database. */
export type Breaks = (query: string, life: Life, world: World) => void;

/** Installs the simulator's clock, chance and timers around a file's tests. */
export function handled(): {
  open(answers: Answer[], breaks?: Breaks, init?: Partial<SessionInit>, catalog?: D1Database): Promise<Hand>;
} {
  simulated(beforeAll, afterAll);
  return {
    async open(answers, breaks = () => {}, init = {}, catalog = undefined) {
      const timers: (() => void)[] = [];
      const told: unknown[][] = [];
      const world = calmWorld({
        init: { ...INIT, ...init },
        answer: () => answers.shift() ?? DONE,
        statement: breaks,
        later: (run) => void timers.push(run),
        db: (inside) => catalog ?? telling(told, () => new SimCatalog(inside()).binding as D1Database),
      });
      return new Hand(world, told, timers);
    },
  };
}

/** The simulator's catalog, which also notes what the session says of itself. */
function telling(told: unknown[][], catalog: () => D1Database): D1Database {
  const prepare = (query: string) => {
    const statement = catalog().prepare(query);
    const bind = (...values: unknown[]) => {
      if (query.startsWith("UPDATE sessions")) told.push(values);
      return statement.bind(...values);
    };
    return { ...statement, bind };
  };
  return { prepare, batch: (list: D1PreparedStatement[]) => catalog().batch(list) } as unknown as D1Database;
}

export class Hand {
  readonly world: World;
  /** What the statements were given that changed the session's row in the catalog. */
  readonly told: readonly unknown[][];
  readonly #timers: (() => void)[];

  constructor(world: World, told: unknown[][], timers: (() => void)[]) {
    this.world = world;
    this.told = told;
    this.#timers = timers;
  }

  create(events: Draft[] = [], sender: Sender = SENDER) {
    return this.world.through(this.world.create(events, sender));
  }

  call(work: Parameters<World["call"]>[0]) {
    return this.world.through(this.world.call(work));
  }

  post(events: Draft[], sender: Partial<Sender> = {}) {
    return this.world.through(this.world.post(events, { ...SENDER, digest: JSON.stringify(events), ...sender }));
  }

  /** Lets everything happen that waits for nothing but the parties outside. */
  async flow(steps = 8): Promise<void> {
    for (let i = 0; i < steps; i++) {
      await settled();
      for (const key of this.world.hand.entries.keys()) this.world.hand.finish(key);
      await settled();
      if (this.world.pending.arrivals.length > 0) this.world.pending.deliver(0);
    }
    await settled();
  }

  /** Until there is such a row, and not a step further. */
  async until(type: string): Promise<void> {
    for (let i = 0; i < 10 && this.rows(type).length === 0; i++) await this.flow(1);
  }

  /** Alarms alone, each when it is due, until none is set or so many have fired; how many that were, and in how many seconds. */
  async alarms(most = 40): Promise<{ fired: number; seconds: number }> {
    const from = this.world.now;
    let fired = 0;
    for (; this.world.cell.alarm !== null && fired < most; fired++) {
      this.world.now = Math.max(this.world.now, this.world.cell.alarm);
      await this.world.through(this.world.alarms.fire());
      await this.flow(4);
    }
    return { fired, seconds: Math.round((this.world.now - from) / 1000) };
  }

  /** Runs what the session has put off with `setTimeout`. */
  async timers(): Promise<void> {
    for (const run of this.#timers.splice(0)) run();
    await settled();
  }

  rows(type?: string): SqlRow[] {
    return this.world.cell.sql.rows("events").filter((row) => type === undefined || row.type === type);
  }

  types(): unknown[] {
    return this.rows()
      .filter((row) => row.thread === 0)
      .map((row) => row.type);
  }

  sql(query: string, ...binds: string[]): void {
    this.world.cell.sql.exec(query, ...binds);
  }

  status(): unknown {
    return this.world.cell.sql.rows("meta")[0]?.status;
  }
}
