/** Query parameters of lists (spec/core.md §1.8). Unknown parameters are ignored, as on the wire; a known one that does not parse is a 400. */
import type { Bounds, Order, Slice } from "../catalog/keyset.ts";
import { micros } from "../catalog/sessions.ts";
import { ApiError, invalid } from "../protocol/errors.ts";
import type { AppContext } from "./context.ts";
import { decodeCursor, type ListName } from "./cursor.ts";

/** Values of one array parameter. */
const MAX_VALUES = 100;
const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 100;

/** One value, undefined when the parameter is absent or empty. */
export function one(c: AppContext, name: string): string | undefined {
  const values = c.req.queries(name) ?? [];
  if (values.length > 1) throw refused(name, "must be given once");
  return values[0] || undefined;
}

export function flag(c: AppContext, name: string): boolean {
  const value = one(c, name);
  if (value === undefined || value === "false") return false;
  if (value === "true") return true;
  throw refused(name, "must be true or false");
}

export function whole(c: AppContext, name: string, min: number, max: number): number | undefined {
  const value = one(c, name);
  if (value === undefined) return undefined;
  const number = Number(value);
  if (!/^\d{1,15}$/.test(value) || number < min || number > max)
    throw refused(name, `must be a whole number from ${min} to ${max}`);
  return number;
}

export function choice<T extends string>(c: AppContext, name: string, allowed: readonly T[]): T | undefined {
  const value = one(c, name);
  return value === undefined ? undefined : member(name, value, allowed);
}

/** `name[]=a&name[]=b`; null when absent. */
export function several<T extends string>(c: AppContext, name: string, allowed: readonly T[]): T[] | null {
  const values = [...(c.req.queries(`${name}[]`) ?? []), ...(c.req.queries(name) ?? [])];
  if (values.length === 0) return null;
  if (values.length > MAX_VALUES) throw refused(name, `must have at most ${MAX_VALUES} values`);
  return [...new Set(values.map((value) => member(name, value, allowed)))];
}

function member<T extends string>(name: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === value);
  if (found === undefined) throw refused(name, `must be one of ${allowed.join(", ")}`);
  return found;
}

/** `created_at[gt|gte|lt|lte]`, in microseconds. */
export function createdAt(c: AppContext): Bounds {
  const bounds: Bounds = {};
  for (const side of ["gt", "gte", "lt", "lte"] as const) {
    const name = `created_at[${side}]`;
    const value = one(c, name);
    if (value === undefined) continue;
    const time = micros(value);
    if (Number.isNaN(time)) throw refused(name, "must be an RFC 3339 time such as 2026-11-22T10:00:00Z");
    bounds[side] = time;
  }
  return bounds;
}

export function order(c: AppContext, usual: Order): Order {
  return choice(c, "order", ["asc", "desc"]) ?? usual;
}

/** The page asked for of a list whose limits are 20 and 100. `sort` is the list's order when the client cannot choose it. */
export function slice(c: AppContext, list: ListName, options: { sort?: Order; bounds?: Bounds } = {}): Slice {
  const by = options.sort ?? order(c, "desc");
  const bounds = options.bounds ?? {};
  const page = one(c, "page");
  const from = page === undefined ? null : decodeCursor(list, by, bounds, page);
  return { order: by, limit: whole(c, "limit", 1, MAX_LIMIT) ?? DEFAULT_LIMIT, from, ...bounds };
}

function refused(name: string, message: string): ApiError {
  return new ApiError(invalid(`${name}: ${message}`));
}
