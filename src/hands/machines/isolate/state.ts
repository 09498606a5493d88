/**
 * The shell's state between calls, as JSON text. The interpreter starts fresh for each call and gets this back.
 *
 * Kept: directory and previous directory, variables (exported or not, arrays, read-only, integer, case and name references), functions, aliases,
 * `set` and `shopt` options, the directory stack, `$?` and `$_`. Not kept: open file descriptors (`exec 3>file`), the hash table of commands,
 * `complete` definitions, `$SECONDS`, `$!`. The interpreter has no background jobs and no traps.
 */
import { MAX_STATE_BYTES } from "./limits.ts";

const KEPT = [
  "env",
  "arrays",
  "cwd",
  "previousDir",
  "functions",
  "options",
  "shoptOptions",
  "exportedVars",
  "readonlyVars",
  "associativeArrays",
  "integerVars",
  "lowercaseVars",
  "uppercaseVars",
  "namerefs",
  "boundNamerefs",
  "invalidNamerefs",
  "declaredVars",
  "directoryStack",
  "lastExitCode",
  "lastArg",
];

/** The state's text, or null when it is longer than MAX_STATE_BYTES. */
export function saveState(state: Record<string, unknown>): string | null {
  if (stringBytes(state.env) + stringBytes(state.arrays) > MAX_STATE_BYTES) return null;
  const kept: Record<string, unknown> = {};
  for (const name of KEPT) if (state[name] !== undefined) kept[name] = state[name];
  const text = JSON.stringify(kept, (_name, value: unknown) => {
    if (value instanceof Map) return { $map: [...value] };
    if (value instanceof Set) return { $set: [...value] };
    return value;
  });
  return new TextEncoder().encode(text).length > MAX_STATE_BYTES ? null : text;
}

/** About how long the strings in maps are: a look before the whole is written out, which for some megabytes would hold others up. */
function stringBytes(value: unknown): number {
  if (typeof value === "string") return value.length;
  let bytes = 0;
  if (value instanceof Map) for (const [key, one] of value) bytes += String(key).length + stringBytes(one);
  else if (typeof value === "object" && value !== null)
    for (const one of Object.values(value)) bytes += stringBytes(one);
  return bytes;
}

/** Puts a saved state into a fresh interpreter's. */
export function restoreState(text: string, state: Record<string, unknown>): void {
  const kept = JSON.parse(text, (_name, value: unknown) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    if ("$map" in value) return new Map(value.$map as [unknown, unknown][]);
    if ("$set" in value) return new Set(value.$set as unknown[]);
    return value;
  }) as Record<string, unknown>;
  Object.assign(state, kept);
}
