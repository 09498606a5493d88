import { createHash, type Hash } from "node:crypto";

export interface Measured {
  sha: string;
  length: number;
}

/** Bytes up to this size are kept in memory while the session is warm; longer ones are read again for each request. */
export const KEPT_BYTES = 4 * 1024 * 1024;

/** The beginning of a prompt, hashed once and for all: requests differ only in what follows it. */
export class Hashed {
  #hash: Hash = createHash("sha256");
  #length = 0;
  /** The bytes themselves, as long as they are few. */
  kept: Uint8Array[] | null = [];

  take(chunk: Uint8Array): void {
    this.#hash.update(chunk);
    this.#length += chunk.byteLength;
    if (this.#length > KEPT_BYTES) this.kept = null;
    else this.kept?.push(chunk);
  }

  /** Measures on from here; `keep` makes what was added part of this, its bytes staying where they are. */
  begin(): { add(chunk: Uint8Array): void; end(): Measured; keep(): void } {
    const hash = this.#hash.copy();
    let length = this.#length;
    const add = (chunk: Uint8Array) => {
      hash.update(chunk);
      length += chunk.byteLength;
    };
    const keep = () => {
      this.#hash = hash;
      this.#length = length;
      this.kept = null;
    };
    return { add, keep, end: () => ({ sha: hash.digest("hex"), length }) };
  }
}
