/** Equality as the test runner's matchers have it: absent and undefined are the same, and a pattern decides for itself. */
import { isDeepStrictEqual } from "node:util";

export interface Pattern {
  fits(value: unknown): boolean;
}

export function equal(value: unknown, wanted: unknown): boolean {
  return compare(value, wanted, false);
}

/** Objects may have more than is wanted; lists may not. */
export function matches(value: unknown, wanted: unknown): boolean {
  return compare(value, wanted, true);
}

function compare(value: unknown, wanted: unknown, partly: boolean): boolean {
  if (isPattern(wanted)) return wanted.fits(value);
  if (Array.isArray(value) && Array.isArray(wanted))
    return value.length === wanted.length && wanted.every((one, i) => compare(value[i], one, partly));
  if (!isPlain(value) || !isPlain(wanted)) return isDeepStrictEqual(value, wanted);
  const keys = partly ? Object.keys(wanted) : [...Object.keys(wanted), ...Object.keys(value)];
  return keys.every((key) => compare(value[key], wanted[key], partly));
}

function isPattern(value: unknown): value is Pattern {
  return typeof value === "object" && value !== null && "fits" in value && typeof value.fits === "function";
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return !(ArrayBuffer.isView(value) || value instanceof Map || value instanceof Set || value instanceof Date);
}
