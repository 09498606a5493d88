/**
 * Starts a machine on first use: absent -> starting -> ready, and lost when it breaks. Callers that come while it starts share that start; the next
 * caller after a loss begins a new one.
 */
export type LazyState = "absent" | "starting" | "ready" | "lost";

export class Lazy<T> {
  #state: LazyState = "absent";
  #machine: Promise<T> | null = null;
  readonly #start: () => Promise<T>;

  constructor(start: () => Promise<T>) {
    this.#start = start;
  }

  get state(): LazyState {
    return this.#state;
  }

  /** The machine, started if need be. Rejects with what the start rejected with; the next call tries again. */
  get(): Promise<T> {
    if (this.#machine !== null) return this.#machine;
    this.#state = "starting";
    const machine = this.#start().then(
      (started) => {
        if (this.#machine === machine) this.#state = "ready";
        return started;
      },
      (error: unknown) => {
        this.lose(machine);
        throw error;
      },
    );
    this.#machine = machine;
    return machine;
  }

  /** The machine broke. Given the promise it came from, a machine started since then is left alone. */
  lose(machine: Promise<T> | null = this.#machine): void {
    if (machine === null || this.#machine !== machine) return;
    this.#machine = null;
    this.#state = "lost";
  }

  /** The machine was deleted on purpose. */
  clear(): void {
    this.#machine = null;
    this.#state = "absent";
  }
}
