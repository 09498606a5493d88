import type { Instance } from "./instance.ts";
import { awake, type Life } from "./life.ts";
import { Crash } from "./points.ts";
import type { World } from "./world.ts";

/** When the platform tries again what did not end, milliseconds. */
const AGAIN_MS = 2_000;

/** The platform's part in alarms: it takes the alarm away, runs the handler, and sets it again when the handler did not end. */
export class Alarms {
  readonly #world: World;
  /** The instance whose handler has begun and not ended. */
  #running: Instance | null = null;

  constructor(world: World) {
    this.#world = world;
  }

  get running(): boolean {
    return this.#running !== null;
  }

  /** What is set and not being handled; null: none. Milliseconds. */
  get due(): number | null {
    return this.running ? null : this.#world.cell.alarm;
  }

  /** `life`: an instance that is not the session any more believes to be called. */
  async fire(life?: Life): Promise<void> {
    const world = this.#world;
    let to: Life | null = null;
    if (!life) world.cell.tamper(null);
    try {
      to = life ?? world.open();
      if (!life) this.#running = to;
      await awake(to);
      await to.session.alarm();
      to.cell.gate(to);
      if (this.#running === to) this.#running = null;
    } catch (error) {
      if (!(error instanceof Crash)) world.lines.push(`alarm: ${error}`);
      if (!life && to === null) world.cell.tamper(world.now + AGAIN_MS);
      if (to) this.ended(to);
    }
  }

  /** The instance handles nothing any more: a handler that did not end is fired again. */
  ended(instance: Instance): void {
    if (this.#running !== instance) return;
    this.#running = null;
    const { cell, now } = this.#world;
    if (cell.alarm === null) cell.tamper(now + AGAIN_MS);
  }
}
