/**
 * A forced pause about every 25 ms of work. All isolates of a local process share one thread, and no timer of any of them fires inside a
 * synchronous stretch, so long loops ask `due()` and await what it gives.
 */

/** Milliseconds of work between two pauses. */
const SLICE_MS = 25;
/** Steps between two pauses where the clock stands still during work, as it does on the deployed platform. */
const SLICE_STEPS = 20_000;

export class YieldController {
  #since = Date.now();
  #steps = 0;

  /** A pause to await, or null while the slice is not used up. */
  due(): Promise<void> | null {
    if (++this.#steps < SLICE_STEPS && Date.now() - this.#since < SLICE_MS) return null;
    return this.pause();
  }

  /** Lets the timers and messages of every isolate in the process run. */
  async pause(): Promise<void> {
    await new Promise<void>((resolve) => setTimeout(resolve, 0));
    this.restart();
  }

  /** Work begins now; what came before was somebody else's. */
  restart(): void {
    this.#since = Date.now();
    this.#steps = 0;
  }

  /** Milliseconds since the last pause. */
  stretch(): number {
    return Date.now() - this.#since;
  }
}
