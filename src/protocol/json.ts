/** Free-form JSON that a client writes and we keep: the schema of a custom tool. */
import { z } from "zod";

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** Levels of nesting; deeper values are refused before anything walks them by recursion. */
export const MAX_JSON_DEPTH = 64;

function isJson(value: unknown, depth: number): value is Json {
  if (value === null || typeof value === "string" || typeof value === "boolean") return true;
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value !== "object" || depth === 0) return false;
  return Object.values(value).every((inner) => isJson(inner, depth - 1));
}

/** Takes anything on the way in, since the SDK types such values as `unknown`; gives `Json`. */
export const JsonValue = z.unknown().transform((value, ctx): Json => {
  if (isJson(value, MAX_JSON_DEPTH)) return value;
  ctx.addIssue(`must be JSON nested at most ${MAX_JSON_DEPTH} levels deep`);
  return z.NEVER;
});
