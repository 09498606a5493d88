/** Everything that is on its way to an instance, or to nobody in particular: each arrives when the schedule says so. */
import type { Instance } from "./instance.ts";
import { Injected } from "./points.ts";

/** Lets something happen later, when the schedule says so; a dead instance never hears of it. `effect`: what it does where it arrives. */
export type Later = (owner: Instance | null, what: string, effect?: () => void) => Promise<void>;

interface Arrival {
  owner: Instance | null;
  what: string;
  go(): void;
  /** `done`: it has had its effect, and only the answer is lost. */
  fail(done: boolean): void;
}

export class Pending {
  readonly arrivals: Arrival[] = [];

  later(owner: Instance | null, what: string, effect: () => void = () => {}): Promise<void> {
    return new Promise((resolve, reject) => {
      const go = () => {
        effect();
        resolve();
      };
      const fail = (done: boolean) => {
        if (done) effect();
        reject(new Injected(`${what} failed`));
      };
      this.arrivals.push({ owner, what, go, fail });
    });
  }

  /** The i-th arrives. */
  deliver(i: number): void {
    this.#take(i)?.go();
  }

  /** The i-th fails instead. */
  fail(i: number, done = false): void {
    this.#take(i)?.fail(done);
  }

  /** Nothing arrives at a dead instance. */
  forget(owner: Instance): void {
    for (let i = this.arrivals.length - 1; i >= 0; i--)
      if (this.arrivals[i]?.owner === owner) this.arrivals.splice(i, 1);
  }

  #take(i: number): Arrival | null {
    const [next] = this.arrivals.splice(i, 1);
    return next && !next.owner?.dead ? next : null;
  }
}
