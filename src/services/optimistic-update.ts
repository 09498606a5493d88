/** Updates of one row by many at the same time: read, merge, store if nobody came between, else from the start (spec/core.md §2). */
import { ApiError } from "../protocol/errors.ts";

/**
 * Rounds of one update. In each round somebody's update lands, so that this many at the same time all do (spec/core.md §2: without a lock an update
 * applies whatever came before it).
 */
const UPDATE_ROUNDS = 50;

/** Repeats `once` while it answers null. Beyond UPDATE_ROUNDS an error that the SDK tries again. */
export async function retryOnConflict<T>(once: () => Promise<T | null>): Promise<T> {
  for (let round = 0; round < UPDATE_ROUNDS; round++) {
    const stored = await once();
    if (stored !== null) return stored;
  }
  throw new ApiError({
    status: 529,
    type: "overloaded_error",
    message: "it is being changed by too many others at the same time; try again",
  });
}

/**
 * Whether an update changes nothing. `stored` has every field of `definition`, each written in the same order; only the order of the fields
 * themselves may differ.
 */
export function isUnchanged(stored: object, definition: object): boolean {
  const fields = new Map<string, unknown>(Object.entries(stored));
  return Object.entries(definition).every(([key, value]) => JSON.stringify(fields.get(key)) === JSON.stringify(value));
}
