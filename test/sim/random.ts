/** One seeded source of chance for a whole schedule, so that a seed repeats it for ever. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** A float in [0, 1). */
  next(): number {
    return this.#word() / 4_294_967_296;
  }

  /** 32 bits: mulberry32. */
  #word(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  }

  below(n: number): number {
    return Math.floor(this.next() * n);
  }

  chance(p: number): boolean {
    return this.next() < p;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }

  /** One of a list that is not empty, each with its weight. */
  weighted<T extends readonly [weight: number, ...unknown[]]>(list: readonly T[]): T {
    let dart = this.next() * list.reduce((sum, [weight]) => sum + weight, 0);
    for (const one of list) {
      dart -= one[0];
      if (dart < 0) return one;
    }
    return list[0] as T;
  }

  fill(bytes: Uint8Array): Uint8Array {
    let word = 0;
    for (let i = 0; i < bytes.length; i++) {
      word = i % 4 === 0 ? this.#word() : word >>> 8;
      bytes[i] = word;
    }
    return bytes;
  }
}
