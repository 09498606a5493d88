/** Puts long literals back into a parsed body, except where they may stay bytes. */
import { ApiError, invalid } from "../protocol/errors.ts";
import { pathText } from "../protocol/validation.ts";
import { placeholderIndex, type Reduced } from "./body/large.ts";

/** The longest literal that a field outside of event content can need: 100,000 code points of `system`, each as two \u escapes. */
export const MAX_FIELD_BYTES = 1_200_002;

/** Whether the long string at this path stays a placeholder. */
export type Keep = (path: readonly (string | number)[]) => boolean;

export const keepNothing: Keep = () => false;

/** Event content may hold long `text` and `data` of any length; every other field is restored, so that its schema sees it. */
export const keepContent: Keep = (path) => {
  const last = path.at(-1);
  return (
    (path[0] === "events" || path[0] === "initial_events") &&
    path[2] === "content" &&
    (last === "text" || last === "data")
  );
};

/**
 * Walks the value and changes it in place; gives it back. A 400 names the path of a string that no field could take, and of the key
 * `__proto__`, which object literals and validators drop without a word.
 */
export function restore(value: unknown, reduced: Reduced, bytes: Uint8Array, keep: Keep): unknown {
  const path: (string | number)[] = [];
  const visit = (node: unknown): unknown => {
    if (typeof node === "string") {
      const index = reduced.ranges.length === 0 ? -1 : placeholderIndex(reduced, node);
      return index < 0 || keep(path) ? node : literal(reduced, index, bytes, path);
    }
    if (node === null || typeof node !== "object") return node;
    const holder = node as Record<string | number, unknown>;
    for (const key of Array.isArray(node) ? node.keys() : Object.keys(node)) {
      path.push(key);
      if (key === "__proto__") throw new ApiError(invalid(`${pathText(path)}: this key is not accepted; rename it`));
      holder[key] = visit(holder[key]);
      path.pop();
    }
    return node;
  };
  return visit(value);
}

function literal(reduced: Reduced, index: number, bytes: Uint8Array, path: (string | number)[]): string {
  const { start, end } = reduced.ranges[index] as { start: number; end: number };
  if (end - start > MAX_FIELD_BYTES) {
    throw new ApiError(
      invalid(
        `${pathText(path) || "body"}: a string of ${end - start - 2} bytes is longer than any field here takes; shorten it`,
      ),
    );
  }
  return JSON.parse(new TextDecoder().decode(bytes.subarray(start, end)));
}
