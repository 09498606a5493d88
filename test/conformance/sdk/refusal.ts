/** What a refused request shows through the SDK. */
import { APIError } from "@anthropic-ai/sdk";
import { expect } from "vitest";

type ErrorClass = abstract new (...args: never[]) => APIError;

/** Asserts that the call fails with exactly this class of the SDK, and gives the error. */
export async function refused<C extends ErrorClass>(call: PromiseLike<unknown>, which: C): Promise<APIError> {
  const error = await Promise.resolve(call).then(
    (value) => expect.fail(`was not refused: ${JSON.stringify(value).slice(0, 300)}`),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(which);
  if (!(error instanceof APIError)) throw error;
  // An exact class: NotFoundError also matches the classes of its codes.
  expect(error.constructor.name).toBe(which.name);
  return error;
}
