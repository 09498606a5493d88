/** Every response carries `request-id`, success or error (spec/core.md §1.2). */
import type { MiddlewareHandler } from "hono";
import { newId } from "../../protocol/ids.ts";
import type { AppEnv } from "../context.ts";

export const requestId: MiddlewareHandler<AppEnv> = async (c, next) => {
  c.set("requestId", newId("req"));
  await next();
  // An upgrade's response has a socket, which a copy with new headers would lose.
  if (c.res.status !== 101) c.header("request-id", c.var.requestId);
};
