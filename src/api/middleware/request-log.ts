/**
 * One line per answered request, for the operator: ids, who asked, route and time, never what was sent. Written where the setting LOG is `info`;
 * without it only for a server error that `onError` has not told with its stack.
 */
import type { MiddlewareHandler } from "hono";
import { ApiError } from "../../protocol/errors.ts";
import { isId } from "../../protocol/ids.ts";
import type { AppContext, AppEnv } from "../context.ts";

const SERVER_ERROR = 500;

export const requestLog: MiddlewareHandler<AppEnv> = async (c, next) => {
  const began = Date.now();
  await next();
  const failed = c.res.status >= SERVER_ERROR;
  const told = c.error !== undefined && !(c.error instanceof ApiError);
  if (c.env.LOG !== "info" && (!failed || told)) return;
  const line = JSON.stringify({
    level: failed ? "error" : "info",
    event: "request",
    ...idsOf(c),
    method: c.req.method,
    route: c.req.routePath,
    status: c.res.status,
    ms: Date.now() - began,
  });
  if (failed) console.error(line);
  else console.log(line);
};

/** What ties a line to others: the request, the session that it is about and whose key it came with, as far as they are known. */
export function idsOf(c: AppContext): { request_id: string; session?: string; cred?: string; operator?: string } {
  const { requestId, cred, operator, sessionId } = c.var;
  const session = sessionId ?? c.req.path.split("/").map(usual).find(isSession);
  return {
    request_id: requestId,
    ...(session ? { session } : {}),
    ...(cred ? { cred } : {}),
    ...(operator ? { operator } : {}),
  };
}

function usual(part: string): string {
  return part.replace(/^session_/, "sesn_");
}

/** Anything in a path that is no id is left out, since it is the client's own text. */
function isSession(part: string): boolean {
  return isId("sesn", part);
}
