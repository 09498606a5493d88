/** How the tests of this folder ask a schema. */
import { expect } from "vitest";
import type { z } from "zod";
import { check } from "../../src/protocol/validation.ts";

/** The value that the schema makes of the body; fails the test when it refuses. */
export function accepted<S extends z.ZodType>(schema: S, body: unknown): z.output<S> {
  const outcome = check(schema, body);
  if (!outcome.ok) throw new Error(`refused: ${outcome.error.message}`);
  return outcome.value;
}

/** The message and code of the refusal; fails the test when the schema accepts. */
export function refusal(schema: z.ZodType, body: unknown): { message: string; code?: string } {
  const outcome = check(schema, body);
  expect(outcome.ok, `accepted: ${JSON.stringify(body)?.slice(0, 200)}`).toBe(false);
  if (outcome.ok) throw new Error("unreachable");
  const { message, code, status, type } = outcome.error;
  expect([status, type]).toEqual([400, "invalid_request_error"]);
  return code === undefined ? { message } : { message, code };
}

/** Asserts that the refusal's message contains these words. */
export function refuses(schema: z.ZodType, body: unknown, words: string): void {
  expect(refusal(schema, body).message).toContain(words);
}

/** Two units of UTF-16, four bytes of UTF-8, one character. */
export const WIDE = "\u{1F9F6}";
