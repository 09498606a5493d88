/**
 * Starts a machine on first use: absent, starting, ready, and lost when it breaks. Callers that come while it starts share that start; the next
 * caller after a loss begins a new one. A start is tried a few times and then given up, so that a machine that cannot start is an answer soon.
 */
import { inTime } from "../../catalog/intime.ts";

/** How often one start is tried, and the milliseconds before the second try; they double from there. */
const START_TRIES = 5;
const FIRST_DELAY_MS = 250;
/** Milliseconds of one try. */
const START_TIMEOUT_MS = 30_000;

/** A start was given up. `cause` is what its last try rejected with. */
export class NotStarted extends Error {
  readonly tries: number;
  constructor(tries: number, cause: unknown) {
    super("the machine was not started", { cause });
    this.name = "NotStarted";
    this.tries = tries;
  }
}

/** What a start rejects with when the machine cannot be what is asked, so that another try would find the same. */
export class CannotStart extends Error {}

export class Lazy<T> {
  #machine: Promise<T> | null = null;
  readonly #start: () => Promise<T>;
  readonly #gaveUp: (error: NotStarted) => void;

  constructor(start: () => Promise<T>, gaveUp: (error: NotStarted) => void) {
    this.#start = start;
    this.#gaveUp = gaveUp;
  }

  /** The machine, started if need be. Rejects with `NotStarted`; the next call begins again. */
  get(): Promise<T> {
    if (this.#machine !== null) return this.#machine;
    const machine: Promise<T> = this.#tried(() => this.#machine === machine).catch((error: unknown) => {
      this.lose(machine);
      throw error;
    });
    this.#machine = machine;
    return machine;
  }

  /** The machine of this promise broke; one that was started since then is left alone. */
  lose(machine: Promise<T>): void {
    if (this.#machine === machine) this.#machine = null;
  }

  /** The machine is not wanted any more. A start under way is not tried again. */
  clear(): void {
    this.#machine = null;
  }

  async #tried(isWanted: () => boolean): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await inTime(this.#start(), START_TIMEOUT_MS);
      } catch (error) {
        if (tries === START_TRIES || error instanceof CannotStart || !isWanted()) {
          const given = new NotStarted(tries, error);
          this.#gaveUp(given);
          throw given;
        }
      }
      await new Promise<void>((resolve) => setTimeout(resolve, FIRST_DELAY_MS * 2 ** (tries - 1)));
    }
  }
}
