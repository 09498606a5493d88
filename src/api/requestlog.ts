/**
 * One line per answered request, for the operator: ids, route and time, never what was sent. Written where the setting LOG is `info`; without
 * it only for a server error that `onError` has not told with its stack.
 */
import type { MiddlewareHandler } from "hono";
import { routePath } from "hono/route";
import { ApiError } from "../protocol/errors.ts";
import { isId } from "../protocol/ids.ts";
import type { AppEnv } from "./context.ts";

const SERVER_ERROR = 500;

export const requestLog: MiddlewareHandler<AppEnv> = async (c, next) => {
  const began = Date.now();
  await next();
  const failed = c.res.status >= SERVER_ERROR;
  const told = c.error !== undefined && !(c.error instanceof ApiError);
  if (c.env.LOG !== "info" && (!failed || told)) return;
  const session = sessionOf(c.req.path);
  const line = JSON.stringify({
    level: failed ? "error" : "info",
    event: "request",
    request_id: c.var.requestId,
    ...(session ? { session } : {}),
    method: c.req.method,
    route: routePath(c, -1),
    status: c.res.status,
    ms: Date.now() - began,
  });
  if (failed) console.error(line);
  else console.log(line);
};

/** The session that a path names; anything that is no id is left out, since it is the client's own text. */
function sessionOf(path: string): string | null {
  const part = path.split("/")[3]?.replace(/^session_/, "sesn_") ?? "";
  return isId("sesn", part) ? part : null;
}
