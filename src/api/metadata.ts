/** A stored metadata bag with a patch applied (spec/core.md §2, §3). */
import { ApiError, invalid } from "../protocol/errors.ts";
import { MAX_METADATA_PAIRS, patchedBag } from "../protocol/fields.ts";

/** A string sets a key, null deletes it; the cap on pairs holds for the merged bag: a 400 at `path`, with `errorCode` if there is one. */
export function mergeMetadata(
  stored: Record<string, string>,
  patch: Record<string, string | null>,
  path: string,
  errorCode?: string,
): Record<string, string> {
  const merged = patchedBag(stored, patch);
  const pairs = Object.keys(merged).length;
  if (pairs <= MAX_METADATA_PAIRS) return merged;
  throw new ApiError(
    invalid(
      `${path}: must have at most ${MAX_METADATA_PAIRS} pairs, would have ${pairs}; delete some by null`,
      errorCode,
    ),
  );
}
