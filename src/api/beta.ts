/** The beta gate: without the header a gated endpoint does not exist; other values are ignored (spec/core.md §1.1, §12). */
import type { MiddlewareHandler } from "hono";
import { ApiError, notFound } from "../protocol/errors.ts";
import type { AppEnv } from "./context.ts";

export const MANAGED_AGENTS_BETA = "managed-agents-2026-04-01";

export const beta: MiddlewareHandler<AppEnv> = async (c, next) => {
  const values = (c.req.header("anthropic-beta") ?? "").split(",").map((value) => value.trim());
  if (!values.includes(MANAGED_AGENTS_BETA))
    throw new ApiError(notFound(`not found; this endpoint needs the header anthropic-beta: ${MANAGED_AGENTS_BETA}`));
  await next();
};
