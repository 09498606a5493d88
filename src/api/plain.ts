/**
 * A route without query parameters refuses every one, as a body refuses unknown keys: nothing a client asks for is dropped in silence (spec/core.md
 * §1.4).
 */
import type { MiddlewareHandler } from "hono";
import { noQuery } from "../protocol/queries.ts";
import { type AppEnv, paramsOf } from "./context.ts";
import { unwrap } from "./errors.ts";

/** Stands before the handler of each such route; `test/api/plain.test.ts` finds the ones where it is missing. */
export const plain: MiddlewareHandler<AppEnv> = async (c, next) => {
  unwrap(noQuery(paramsOf(c)));
  await next();
};
