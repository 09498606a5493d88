/**
 * What query strings are made of (spec/core.md §1.8, §1.9): each resource's own stand in its file, as functions from `URLSearchParams`. An unknown
 * parameter is refused: a filter that is dropped in silence answers with the wrong rows. `beta` alone is let through, since SDKs before 1.3.0
 * append it to every request.
 */
import { z } from "zod";
import { invalid, type Outcome } from "./errors.ts";
import { check } from "./validation.ts";

const DIGITS = /^[0-9]{1,15}$/;
/** RFC 3339 with any fraction and any offset. */
const TIME = /^(\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)$/;

/** Microseconds since 1970, or null; digits beyond the sixth are dropped. */
export function microseconds(time: string): number | null {
  const [, seconds, fraction = "", zone] = TIME.exec(time) ?? [];
  const ms = Date.parse(`${seconds}${zone}`);
  return Number.isNaN(ms) ? null : ms * 1000 + Number(fraction.padEnd(6, "0").slice(0, 6));
}

const whole = z.string().regex(DIGITS, "must be a whole number").transform(Number);

/** A whole number. */
export const bounded = (min: number, max: number) =>
  whole
    .refine((n) => n >= min && n <= max, `must be from ${min} to ${max}`)
    .meta({ type: "integer", minimum: min, maximum: max });

/** The id of an event: its seq. */
export const after = whole
  .meta({ type: "integer", minimum: 0, description: "The id of the event to go on from." })
  .optional();

/** Rows of a page: when not asked for, and at most. @inferred for sessions and environments, and the maximum of events */
export const pageLimit = (usual: number, max: number) => bounded(1, max).default(usual).meta({ default: usual });

/** The SDK sends `page=` for a null cursor: the first page. */
export const pageCursor = z
  .string()
  .transform((cursor) => cursor || undefined)
  .optional();

export const flag = z
  .enum(["true", "false"])
  .transform((value) => value === "true")
  .default(false)
  .meta({ type: "boolean", default: false });

export const listOrder = (usual: "asc" | "desc") => z.enum(["asc", "desc"]).default(usual);

export const filter = z.string().min(1, "must not be empty").optional();

export const time = z
  .string()
  .transform((value, ctx) => {
    const found = microseconds(value);
    if (found !== null) return found;
    ctx.addIssue("must be an RFC 3339 time such as 2026-11-22T10:00:00Z");
    return z.NEVER;
  })
  .meta({ format: "date-time" })
  .optional();

/** Any of these values; saying one twice says it once. */
export const anyOf = <const T extends readonly string[]>(values: T) =>
  z
    .array(z.enum(values))
    .transform((list) => [...new Set(list)])
    .optional();

export const within = {
  "created_at[gt]": time,
  "created_at[gte]": time,
  "created_at[lt]": time,
  "created_at[lte]": time,
};

/** Exclusive and inclusive bounds in microseconds; absent ones are undefined. */
type Bounds = { [K in keyof typeof within]?: number };
export const bounds = (query: Bounds) => ({
  gt: query["created_at[gt]"],
  gte: query["created_at[gte]"],
  lt: query["created_at[lt]"],
  lte: query["created_at[lte]"],
});

/** A parameter whose name ends in `[]` is an array; any other is sent once. */
function read<S extends z.ZodType>(schema: S, params: URLSearchParams): Outcome<z.output<S>> {
  const names = [...new Set(params.keys())].filter((name) => name !== "beta");
  const given = (name: string) => (name.endsWith("[]") ? params.getAll(name) : params.get(name));
  const outcome = check(schema, Object.fromEntries(names.map((name) => [name, given(name)])));
  const twice = names.find((name) => !name.endsWith("[]") && params.getAll(name).length > 1);
  if (!outcome.ok || twice === undefined) return outcome;
  return { ok: false, error: invalid(`${twice}: sent ${params.getAll(twice).length} times; send it once`) };
}

/** `schema` is for the API's definition; what its `meta` says stands there in place of the string that a query string is made of. */
export const queryReader = <S extends z.ZodType>(schema: S) =>
  Object.assign((params: URLSearchParams) => read(schema, params), { schema });

/** For routes that take no parameter at all. */
export const noQuery = queryReader(z.strictObject({}));
