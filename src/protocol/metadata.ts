/** A stored metadata bag with a patch applied (spec/core.md §2, §3, §4.9). */
import { ApiError, invalid } from "./errors.ts";
import { MAX_METADATA_PAIRS } from "./fields.ts";

/**
 * A string sets a key, null deletes it; pairs that are kept keep their place. The cap on pairs holds for the merged bag: a 400 at `path`, with
 * `errorCode` if there is one.
 */
export function mergeMetadata(
  stored: Record<string, string>,
  patch: Record<string, string | null>,
  path: string,
  errorCode?: string,
): Record<string, string> {
  const merged = new Map(Object.entries(stored));
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key);
    else merged.set(key, value);
  }
  if (merged.size <= MAX_METADATA_PAIRS) return Object.fromEntries(merged);
  const message = `must have at most ${MAX_METADATA_PAIRS} pairs, would have ${merged.size}; delete some by null`;
  throw new ApiError(invalid(`${path}: ${message}`, errorCode));
}
