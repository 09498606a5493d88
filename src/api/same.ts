/** Whether an update changes anything (spec/core.md §2). */

/** `stored` has every field of `definition`, each written in the same order; only the order of the fields themselves may differ. */
export function sameDefinition(stored: object, definition: object): boolean {
  const fields = new Map<string, unknown>(Object.entries(stored));
  return Object.entries(definition).every(([key, value]) => JSON.stringify(fields.get(key)) === JSON.stringify(value));
}
