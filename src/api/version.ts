/** `anthropic-version` (spec/core.md §1.1). */
import type { MiddlewareHandler } from "hono";
import { ApiError, invalid } from "../protocol/errors.ts";
import type { AppEnv } from "./context.ts";

/** The second is what SDK 1.0 and later send. No route here differs between the two. @inferred that any other value, and none, is a 400 */
export const API_VERSIONS = ["2023-06-01", "2026-10-21"];

export const version: MiddlewareHandler<AppEnv> = async (c, next) => {
  if (!API_VERSIONS.includes(c.req.header("anthropic-version") ?? ""))
    throw new ApiError(invalid(`anthropic-version: must be one of ${API_VERSIONS.join(", ")}`));
  await next();
};
