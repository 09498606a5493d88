/** What the wire has and this version does not: named, never a bare error. */
import type { Handler } from "hono";
import { ApiError, invalid, notFound } from "../../protocol/errors.ts";
import type { AppContext, AppEnv } from "../context.ts";
import { errorResponse } from "../errors.ts";

/** Whole resources that do not exist here (spec/core.md §1.7). */
const RESOURCES = [
  { path: /^\/v1\/environments\/[^/]+\/work(\/|$)/, name: "the work queue of self-hosted environments" },
  { path: /^\/v1\/sessions\/[^/]+\/resources(\/|$)/, name: "session resources" },
  { path: /^\/v1\/vaults(\/|$)/, name: "vaults" },
  { path: /^\/v1\/files(\/|$)/, name: "files" },
  { path: /^\/v1\/skills(\/|$)/, name: "skills" },
  { path: /^\/v1\/memory_stores(\/|$)/, name: "memory stores" },
  { path: /^\/v1\/deployments(\/|$)/, name: "deployments" },
  { path: /^\/v1\/deployment_runs(\/|$)/, name: "deployment runs" },
  { path: /^\/v1\/user_profiles(\/|$)/, name: "user profiles" },
  { path: /^\/v1\/dreams(\/|$)/, name: "dreams" },
  { path: /^\/v1\/tunnels(\/|$)/, name: "tunnels" },
  { path: /^\/v1\/messages(\/|$)/, name: "the Messages API" },
];

/** Characters of a path that a message repeats. */
const MAX_PATH = 120;

/** A method of a resource that exists. */
export function notYet(what: string): Handler<AppEnv> {
  return () => {
    throw new ApiError(invalid(`${what} is not supported by this version of Sinew yet`));
  };
}

/** Unknown paths and unsupported methods alike are a 404 that is not retried (spec/core.md §1.2, §1.4). */
export function noRoute(c: AppContext): Response {
  const resource = RESOURCES.find(({ path }) => path.test(c.req.path));
  const message = resource
    ? `this version of Sinew does not have ${resource.name} yet`
    : `there is no ${c.req.method.slice(0, 20)} ${c.req.path.slice(0, MAX_PATH)}`;
  return errorResponse(c, { ...notFound(message), noRetry: true });
}
