/** As much of vitest's `expect` as the tests use that mutants run against. A matcher that is missing fails the run without a mutant. */
import { equal, matches, type Pattern } from "./equal.ts";
import type { Mock } from "./mock.ts";

/** Milliseconds. */
const POLL_MS = 1_000;

type Check = (value: never, ...wanted: never[]) => boolean;

const MATCHERS: Record<string, Check> = {
  toBe: (value: unknown, wanted: unknown) => Object.is(value, wanted),
  toEqual: equal,
  toStrictEqual: equal,
  toMatchObject: matches,
  toHaveLength: (value: { length: number }, wanted: number) => value.length === wanted,
  toContain: (value: string | unknown[], wanted: never) => value.includes(wanted),
  toContainEqual: (value: unknown[], wanted: unknown) => value.some((one) => equal(one, wanted)),
  toBeNull: (value: unknown) => value === null,
  toBeUndefined: (value: unknown) => value === undefined,
  toBeGreaterThan: (value: number, wanted: number) => value > wanted,
  toBeGreaterThanOrEqual: (value: number, wanted: number) => value >= wanted,
  toBeLessThan: (value: number, wanted: number) => value < wanted,
  toBeLessThanOrEqual: (value: number, wanted: number) => value <= wanted,
  toBeCloseTo: (value: number, wanted: number, digits = 2) => Math.abs(value - wanted) < 10 ** -digits / 2,
  toMatch: (value: string, wanted: RegExp | string) =>
    typeof wanted === "string" ? value.includes(wanted) : wanted.test(value),
  toHaveProperty: (value: object, key: string) => key in value,
  toBeInstanceOf: (value: unknown, wanted: new () => unknown) => value instanceof wanted,
  toSatisfy: (value: unknown, test: (value: unknown) => boolean) => test(value),
  toHaveBeenCalled: ({ mock }: Mock) => mock.calls.length > 0,
  toHaveBeenCalledTimes: ({ mock }: Mock, wanted: number) => mock.calls.length === wanted,
  toThrow: (value: unknown, wanted?: unknown) => thrown(value, wanted),
};

function thrown(value: unknown, wanted: unknown): boolean {
  let error: unknown = value;
  if (typeof value === "function") {
    try {
      value();
      return false;
    } catch (caught) {
      error = caught;
    }
  }
  if (typeof wanted === "function") return error instanceof wanted;
  const message = error instanceof Error ? error.message : String(error);
  return wanted instanceof RegExp ? wanted.test(message) : message.includes(String(wanted ?? ""));
}

type Matchers = Record<string, (...wanted: unknown[]) => unknown>;

function matchersOf(value: unknown, label: string | undefined, negated: boolean): Matchers & { not: Matchers } {
  const list = Object.entries(MATCHERS).map(([name, check]) => [
    name,
    (...wanted: unknown[]) => {
      const holds = (check as (...all: unknown[]) => boolean)(value, ...wanted);
      if (holds === negated)
        throw new Error(`${label ?? ""} ${short(value)} ${negated ? "not " : ""}${name} ${short(wanted[0])}`);
    },
  ]);
  return { ...Object.fromEntries(list), ...(negated ? {} : { not: matchersOf(value, label, true) }) };
}

/** Matchers for what a promise comes to. */
function later(work: () => Promise<unknown>): Matchers {
  return new Proxy({} as Matchers, {
    get:
      (_, name: string) =>
      async (...wanted: unknown[]) =>
        matchersOf(await work(), undefined, false)[name]?.(...wanted),
  });
}

export function expect(value: unknown, label?: string): object {
  const promise = async () => (typeof value === "function" ? value() : value) as unknown;
  const rejected = () =>
    promise().then(
      (got) => Promise.reject(new Error(`resolved to ${short(got)}`)),
      (error: unknown) => error,
    );
  return { ...matchersOf(value, label, false), resolves: later(promise), rejects: later(rejected) };
}

/** Looks again until it holds; what it said last when it never does. */
expect.poll = (value: () => unknown, { timeout = POLL_MS }: { timeout?: number } = {}) =>
  new Proxy({} as Matchers, {
    get:
      (_, name: string) =>
      async (...wanted: unknown[]) => {
        for (const end = performance.now() + timeout; ; await new Promise((resolve) => setImmediate(resolve))) {
          try {
            return matchersOf(await value(), undefined, false)[name]?.(...wanted);
          } catch (error) {
            if (performance.now() > end) throw error;
          }
        }
      },
  });

const pattern = (fits: Pattern["fits"]): Pattern => ({ fits });
expect.any = (type: (value: unknown) => unknown) => pattern((value) => Object(value) instanceof type);
expect.anything = () => pattern((value) => value !== null && value !== undefined);
expect.stringMatching = (wanted: RegExp) => pattern((value) => typeof value === "string" && wanted.test(value));
expect.stringContaining = (wanted: string) => pattern((value) => typeof value === "string" && value.includes(wanted));
expect.objectContaining = (wanted: object) => pattern((value) => matches(value, wanted));
expect.arrayContaining = (wanted: unknown[]) =>
  pattern((value) => Array.isArray(value) && wanted.every((one) => value.some((other) => equal(other, one))));
expect.fail = (message: string) => {
  throw new Error(message);
};

function short(value: unknown): string {
  const text = typeof value === "function" ? "a function" : (JSON.stringify(value) ?? String(value));
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
}
