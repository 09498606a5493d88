/** The headers `anthropic-version` and `anthropic-beta` (spec/core.md §1.1). */
import type { MiddlewareHandler } from "hono";
import { ApiError, invalid, notFound } from "../../protocol/errors.ts";
import type { AppEnv } from "../context.ts";

/** The second is what SDK 1.0 and later send. No route here differs between the two. @inferred that any other value, and none, is a 400 */
export const API_VERSIONS = ["2023-06-01", "2026-10-21"];
export const MANAGED_AGENTS_BETA = "managed-agents-2026-04-01";

export const version: MiddlewareHandler<AppEnv> = async (c, next) => {
  const sent = c.req.header("anthropic-version");
  if (sent === undefined || !API_VERSIONS.includes(sent)) {
    const wrong = sent === undefined ? "this header is required; send" : "must be";
    throw new ApiError(invalid(`anthropic-version: ${wrong} one of ${API_VERSIONS.join(", ")}`));
  }
  await next();
};

/** Without the header a gated endpoint does not exist; other values are ignored (spec/core.md §1.1, §12). */
export const beta: MiddlewareHandler<AppEnv> = async (c, next) => {
  const values = (c.req.header("anthropic-beta") ?? "").split(",").map((value) => value.trim());
  if (!values.includes(MANAGED_AGENTS_BETA))
    throw new ApiError(notFound(`not found; this endpoint needs the header anthropic-beta: ${MANAGED_AGENTS_BETA}`));
  await next();
};
