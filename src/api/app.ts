/** The table of contents of the API: the middleware in its order, then every route. */
import { Hono, type MiddlewareHandler } from "hono";
import type { AppEnv } from "./context.ts";
import { noRoute, onError } from "./errors.ts";
import { auth, operatorAuth, workspaceHeader } from "./middleware/auth.ts";
import { browsers } from "./middleware/cors.ts";
import { drainBody } from "./middleware/drain-body.ts";
import { rateLimit } from "./middleware/rate-limit.ts";
import { requestId } from "./middleware/request-id.ts";
import { requestLog } from "./middleware/request-log.ts";
import { takesTicket } from "./middleware/ticket.ts";
import { beta, version } from "./middleware/version-beta.ts";
import { patternOf, type Route } from "./route.ts";
import { agents } from "./v1/agents.ts";
import { environments } from "./v1/environments.ts";
import { events } from "./v1/events.ts";
import { models } from "./v1/models.ts";
import { notImplemented } from "./v1/not-implemented.ts";
import { sessions } from "./v1/sessions.ts";
import { threads } from "./v1/threads.ts";
import { files } from "./x/files.ts";
import { health } from "./x/health.ts";
import { operator } from "./x/operator.ts";
import { docsFiles, service } from "./x/service.ts";
import { socket } from "./x/socket.ts";
import { tickets } from "./x/tickets.ts";

export const ROUTES: Route[] = [
  ...agents,
  ...environments,
  ...sessions,
  ...events,
  ...threads,
  ...models,
  ...notImplemented,
  ...tickets,
  ...socket,
  ...health,
  ...files,
  ...operator,
  ...service(() => ROUTES),
];

/** Authorize, parse, call one method, answer. The Worker holds nothing between two requests but caches. */
export function createApp(routes = ROUTES): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.onError(onError);
  app.notFound(noRoute);

  app.use(requestId, requestLog, browsers, drainBody);
  app.use("/docs/*", docsFiles);
  for (const route of routes) app.on(route.method, [patternOf(route)], ...gateOf(route), route.serve);

  // What is no route is nobody's business without a key, either: it is as gated as what else begins like it.
  const bases = new Map(routes.toReversed().map(({ path, group }) => [path.split("/", 3).join("/"), group]));
  for (const [base, group] of bases) app.on("ALL", [`${base}/*`], ...gateOf({ group }), noRoute);
  app.all("/v1/*", auth({}), version, rateLimit({}), noRoute);
  app.all("/x/*", auth({}), rateLimit({}), noRoute);
  return app;
}

/** What stands before a route's own checks, in this order. */
function gateOf(route: Pick<Route, "group"> & Partial<Route>): MiddlewareHandler<AppEnv>[] {
  const { gate, namesWorkspace, finalRefusals } = route.group;
  const wire = gate === "version" || gate === "beta";
  const stages: [boolean | undefined, MiddlewareHandler<AppEnv>][] = [
    [gate === "operator", operatorAuth],
    [wire || gate === "key", auth(route)],
    [wire, version],
    [wire || gate === "key", rateLimit(route)],
    [gate === "beta", beta],
    [namesWorkspace, workspaceHeader],
    [finalRefusals, forbidRetries],
  ];
  const gates = stages.filter(([stands]) => stands).map(([, middleware]) => middleware);
  return route.ticket && route.serve ? [takesTicket(route.serve), ...gates] : gates;
}

/** On answers that have gone through everything else. */
const forbidRetries: MiddlewareHandler<AppEnv> = async (c, next) => {
  await next();
  const { status } = c.res;
  if (status === 400 || (status === 404 && c.req.method !== "GET")) c.header("x-should-retry", "false");
};
