/**
 * How many requests a workspace may make (spec/core.md §1.5), by the platform's rate-limit bindings, whose numbers are in wrangler.toml. They
 * count per location of the platform and roughly, which is enough against a runaway program; without the bindings nothing is counted.
 */
import type { MiddlewareHandler } from "hono";
import { outageLine } from "../../log/outage.ts";
import { ApiError } from "../../protocol/errors.ts";
import type { AppContext, AppEnv } from "../context.ts";

/** Seconds over which the bindings count, unless RATE_LIMITS says 10; the platform has these two. */
const PERIOD_S = 60;
const SHORT_PERIOD_S = 10;

/** A HEAD does the work of its GET. */
const READS = ["GET", "HEAD"];

/**
 * Counts reads by their method, and what a route says makes a resource. Of the rest of what writes (updates, archiving, deleting, sending events)
 * the documents name no limit, and it has none here.
 * @inferred which routes are "create endpoints" (spec/core.md §1.5)
 */
export function rateLimit({ creates = false }: { creates?: boolean }): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    if (READS.includes(c.req.method)) await countRead(c);
    else if (creates) await count(c, c.env.CREATE_LIMIT, "creates (new agents, environments, sessions)");
    await next();
  };
}

/** For a stream that a ticket opens, which stands before the middleware. */
export async function countRead(c: AppContext): Promise<void> {
  await count(c, c.env.READ_LIMIT, "reads (retrieving, listing, opening a stream)");
}

/** 429 with `retry-after`. The binding does not tell how much is left, so no `anthropic-ratelimit-…` header claims to know. */
async function count(c: AppContext, binding: RateLimit | undefined, what: string): Promise<void> {
  if (!binding || c.env.RATE_LIMITS === "off") return;
  if (await letsIn(binding, c.var.workspace)) return;
  const period = c.env.RATE_LIMITS === String(SHORT_PERIOD_S) ? SHORT_PERIOD_S : PERIOD_S;
  const message = `the workspace ${c.var.workspace} has made too many ${what} in ${period} seconds; wait as retry-after says`;
  throw new ApiError({ status: 429, type: "rate_limit_error", message, retryAfter: untilNext(period, Date.now()) });
}

/** A counter that fails counts nothing: one on a full disk must not keep anybody from reading what is there. */
async function letsIn(binding: RateLimit, key: string): Promise<boolean> {
  try {
    return (await binding.limit({ key })).success;
  } catch (error) {
    const line = outageLine("rate_limit", error);
    if (line) console.error(line);
    return true;
  }
}

/**
 * Seconds to the next whole minute, or ten seconds, where the local binding begins to count anew.
 * @inferred that the platform's own counts by the clock too: its documents do not say
 */
export function untilNext(period: number, nowMs: number): number {
  return Math.ceil((period * 1000 - (nowMs % (period * 1000))) / 1000);
}
