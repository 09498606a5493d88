/**
 * Small fields that several nouns share. Request schemas are strict objects: an unknown key is refused with its path (spec/core.md §1.4).
 * What can stand in a list without a limit of its own aborts, so that a check ends at the first problem (`validation.ts`).
 */
import { z } from "zod";

/** Pairs in one metadata bag; on an update the cap applies to the merged bag. */
export const MAX_METADATA_PAIRS = 16;
/** Characters of a metadata key. */
export const MAX_METADATA_KEY = 64;
/** Characters of a metadata value. */
export const MAX_METADATA_VALUE = 512;

/** Length in code points: the wire counts characters, so an emoji is one and not two UTF-16 units (spec/core.md §2). */
export function codePoints(text: string): number {
  let pairs = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0xd800 || unit > 0xdbff) continue;
    const next = text.charCodeAt(i + 1);
    if (next >= 0xdc00 && next <= 0xdfff) pairs++;
  }
  return text.length - pairs;
}

/** A string of `min` to `max` characters, counted in code points. */
export function text(min: number, max: number) {
  const checked = z.string().superRefine((value, ctx) => {
    if (value.length >= 2 * min && value.length <= max) return;
    const length = codePoints(value);
    const refuse = (message: string) => ctx.addIssue({ code: "custom", message, continue: false });
    if (length < min) refuse(length === 0 ? "must not be empty" : `must have at least ${min} characters`);
    else if (length > max) refuse(`must have at most ${max} characters, has ${length}; shorten it`);
  });
  return checked.meta({ ...(min > 0 ? { minLength: min } : {}), maxLength: max });
}

/** A string that is not empty; the limit is the body's. */
export const NonEmpty = z.string().min(1, { error: "must not be empty", abort: true });

/** RFC 3339 in UTC with `Z`. */
export const Timestamp = z.iso.datetime();

export const Metadata = z.record(z.string(), z.string());

/** What JSON Schema says of the limits that `bagLimits` holds. */
const KEYS = { propertyNames: { minLength: 1, maxLength: MAX_METADATA_KEY } };
const VALUE = { maxLength: MAX_METADATA_VALUE };

/** A metadata bag in a request. With `errorCode` a violation also carries `details.error_code`. */
export function metadataParams(errorCode?: string) {
  const bag = z.object({}).catchall(z.string()).superRefine(bagLimits(errorCode));
  return bag.meta({ ...KEYS, maxProperties: MAX_METADATA_PAIRS, additionalProperties: { ...VALUE, type: "string" } });
}

/** A metadata patch: a string sets a key, null deletes it. The cap on pairs counts what is set; the merged bag is checked by its owner. */
export function metadataPatch(errorCode?: string) {
  const bag = z.object({}).catchall(z.string().nullable()).superRefine(bagLimits(errorCode));
  return bag.meta({ ...KEYS, additionalProperties: { ...VALUE, type: ["string", "null"] } });
}

function bagLimits(errorCode?: string) {
  const params = errorCode ? { error_code: errorCode } : {};
  return (bag: Record<string, string | null>, ctx: z.core.$RefinementCtx) => {
    const found = bagExcess(bag);
    if (found) ctx.addIssue({ code: "custom", ...found, params });
  };
}

/** The first limit that a bag breaks. */
function bagExcess(bag: Record<string, string | null>): { message: string; path?: string[] } | null {
  const pairs = Object.values(bag).filter((value) => value !== null).length;
  if (pairs > MAX_METADATA_PAIRS)
    return { message: `must have at most ${MAX_METADATA_PAIRS} pairs, has ${pairs}; remove some` };
  for (const [key, value] of Object.entries(bag)) {
    if (key === "") return { message: "must not have an empty key" };
    if (codePoints(key) > MAX_METADATA_KEY)
      return {
        message: `has a key of more than ${MAX_METADATA_KEY} characters: "${key.slice(0, MAX_METADATA_KEY)}…"; shorten it`,
      };
    if (value !== null && codePoints(value) > MAX_METADATA_VALUE)
      return { message: `must have at most ${MAX_METADATA_VALUE} characters; shorten it`, path: [key] };
  }
  return null;
}
