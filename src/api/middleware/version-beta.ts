/** `anthropic-version` (spec/core.md §1.1). */
import type { MiddlewareHandler } from "hono";
import { ApiError, invalid } from "../../protocol/errors.ts";
import type { AppEnv } from "../context.ts";

/** The second is what SDK 1.0 and later send. No route here differs between the two. @inferred that any other value, and none, is a 400 */
export const API_VERSIONS = ["2023-06-01", "2026-10-21"];

export const version: MiddlewareHandler<AppEnv> = async (c, next) => {
  const sent = c.req.header("anthropic-version");
  if (sent === undefined || !API_VERSIONS.includes(sent)) {
    const wrong = sent === undefined ? "this header is required; send" : "must be";
    throw new ApiError(invalid(`anthropic-version: ${wrong} one of ${API_VERSIONS.join(", ")}`));
  }
  await next();
};
