/** The course of a schedule: of everything that can happen next one thing happens, and when nothing can, the clock moves on. */
import type { Cast } from "./cast.ts";
import type { Clients } from "./clients.ts";
import { settled } from "./globals.ts";
import type { Posts } from "./posts.ts";
import type { Troubles } from "./troubles.ts";

/** The clock moves by less than this with each step, milliseconds. */
const STEP_MS = 40;

type Act = readonly [weight: number, what: string, act: () => unknown];

export class Steps {
  readonly #cast: Cast;
  readonly #posts: Posts;
  readonly #clients: Clients;
  readonly #troubles: Troubles;

  constructor(cast: Cast, posts: Posts, clients: Clients, troubles: Troubles) {
    this.#cast = cast;
    this.#posts = posts;
    this.#clients = clients;
    this.#troubles = troubles;
  }

  /** One thing happens; false when nothing more will. */
  async next(): Promise<boolean> {
    const { world, random, say } = this.#cast;
    const acts = this.#acts();
    if (acts.length === 0 && !this.#wait()) return false;
    if (acts.length > 0) {
      const [, what, act] = random.weighted(acts);
      say(what);
      // Not waited for: what it waits for is an act of its own.
      void (async () => act())().catch((error: unknown) => world.lines.push(`act: ${error}`));
    }
    await settled();
    // What a build that cannot read the log does to the alarm is not the log's.
    if (this.#troubles.rolledBack) world.cell.tampered = true;
    world.now += random.below(STEP_MS);
    return true;
  }

  #acts(): Act[] {
    const { world, faults } = this.#cast;
    const [posts, clients, troubles] = [this.#posts, this.#clients, this.#troubles];
    const acts: Act[] = [];
    for (const [i, one] of world.pending.arrivals.entries())
      if (!one.owner?.dead) acts.push([3, `${one.what} goes on`, () => troubles.deliver(i)]);
    for (const { key } of world.hand.running) acts.push([3, `tool ${key.slice(-4)} ends`, () => troubles.tool(key)]);
    for (const one of posts.retrying)
      if (one.due <= world.now) acts.push([3, `attempt ${one.tries} of ${one.sender.cred}`, () => posts.attempt(one)]);
    if (clients.mayAct) acts.push([1.5, `action ${clients.action}`, () => clients.act()]);
    const { due } = world.alarms;
    if (due !== null && due <= world.now) acts.push([3, "alarm", () => troubles.alarm()]);
    if (clients.walker.busy) acts.push([2, "next page", () => clients.walker.step(world)]);
    if (clients.mayRead) acts.push([1.5, "reader", () => clients.read()]);
    if (!faults.quiet && acts.length > 0) acts.push([1.2, "trouble", () => troubles.outOfNowhere()]);
    return acts;
  }

  /** Nothing can happen now: the clock moves on to what is due next; false when nothing is. */
  #wait(): boolean {
    const { world } = this.#cast;
    const { due } = world.alarms;
    const times = [...this.#posts.retrying.map((one) => one.due), ...(due === null ? [] : [due])];
    if (times.length === 0) return false;
    world.now = Math.max(world.now, Math.min(...times));
    return true;
  }
}
