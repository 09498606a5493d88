import type { SessionObject } from "../../src/session/session.ts";
import type { Catalog } from "./d1.ts";
import { settled } from "./globals.ts";
import { INIT } from "./init.ts";
import { awake, type Life } from "./life.ts";
import type { Label, When } from "./points.ts";
import { World } from "./world.ts";

/** Rounds of deliveries and alarms after which it will not come to rest any more. */
const ROUNDS = 200;

/** The session objects behind the Worker, by id, and the clock that all of them share. */
export class Objects {
  readonly worlds = new Map<string, World>();
  now: number;
  /** Once at least, something went on for ever. */
  restless = false;
  readonly #catalog: Catalog;
  /** Whether an instance dies at this point. */
  readonly #strikes: (label: Label, when: When) => boolean;

  constructor(catalog: Catalog, now: number, strikes: (label: Label, when: When) => boolean) {
    this.#catalog = catalog;
    this.now = now;
    this.#strikes = strikes;
  }

  /** The session that was made without the client hearing of it. */
  get only(): string | null {
    return this.worlds.keys().next().value ?? null;
  }

  /** The Worker's way to the object: an instance that dies meanwhile is an error there. */
  stub(id: string): object {
    const call =
      (method: keyof SessionObject) =>
      async (...args: unknown[]) => {
        const world = this.#world(id);
        world.now = this.now;
        const life = world.open();
        const work = (async () => {
          await awake(life);
          const done = await (life.session[method] as (...all: unknown[]) => Promise<unknown>).call(
            life.session,
            ...args,
          );
          life.cell.gate(life);
          world.point(life, "reply", "before");
          return done;
        })();
        return Promise.race([work, life.death]);
      };
    return new Proxy({}, { get: (_, method) => call(method as keyof SessionObject) });
  }

  /** Every tool ends and one thing arrives at each object; false when nothing was on its way. */
  deliver(): boolean {
    let any = false;
    for (const { hand, pending } of this.worlds.values()) {
      for (const entry of [...hand.running]) hand.finish(entry.key);
      if (pending.arrivals.length === 0) continue;
      pending.deliver(0);
      any = true;
    }
    return any;
  }

  /** Everything that is under way comes to its end, alarms included. */
  async rest(): Promise<void> {
    for (let i = 0; i < ROUNDS; i++) {
      await settled();
      if (this.deliver()) continue;
      const due = [...this.worlds.values()].filter((world) => world.alarms.due !== null);
      if (due.length === 0) return;
      for (const world of due) {
        this.now = Math.max(this.now, world.alarms.due ?? 0);
        world.now = this.now;
        void world.alarms.fire();
      }
    }
    this.restless = true;
  }

  #world(id: string): World {
    const known = this.worlds.get(id);
    if (known) return known;
    const watch = {
      point: (label: Label, when: When, life: Life) => {
        if (this.#strikes(label, when)) world.crash(life);
      },
      statement: () => {},
      answer: () => ({ how: "complete" as const, blocks: [{ type: "text" as const, text: "done" }] }),
      deaf: () => false,
      handFails: () => null,
      committed: () => {},
    };
    const db = this.#catalog.through(async (label, when) => world.life?.point(label, when));
    const world: World = new World({ ...INIT, id }, watch, { db });
    world.now = this.now;
    this.worlds.set(id, world);
    return world;
  }
}
