/** `/v1/environments` (spec/core.md §3). */
import { Hono } from "hono";
import { archiveEnvironment, findEnvironment, insertEnvironment, listEnvironments } from "../catalog/environments.ts";
import { EnvironmentCreate } from "../protocol/environments.ts";
import { ApiError, conflict } from "../protocol/errors.ts";
import { newId } from "../protocol/ids.ts";
import { environmentListQuery } from "../protocol/queries.ts";
import { missing, unwrap } from "./answer.ts";
import { readJson } from "./body.ts";
import { type AppEnv, nowMicros, paramsOf } from "./context.ts";
import { listKey } from "./cursor.ts";
import { known } from "./ids.ts";
import { notYet } from "./later.ts";
import { forward, sliceOf } from "./lists.ts";
import { CLOUD, resolveConfig } from "./network.ts";
import { plain } from "./plain.ts";

export const environments = new Hono<AppEnv>();

/** The hosted API forbids retries of this resource's refusals (spec/core.md §1.2). */
environments.use(async (c, next) => {
  await next();
  if (c.res.status === 400) c.header("x-should-retry", "false");
});

environments.post("/", plain, async (c) => {
  const params = await readJson(c.req.raw, EnvironmentCreate);
  const definition = {
    name: params.name,
    description: params.description ?? null,
    config: resolveConfig(params.config ?? CLOUD, params.config?.type === "self_hosted" ? params.config : CLOUD),
    scope: params.scope ?? ("organization" as const),
    metadata: params.metadata ?? {},
  };
  const environment = await insertEnvironment(c.env.DB, c.var.workspace, newId("env"), nowMicros(), definition);
  if (!environment)
    throw new ApiError(conflict("name: a live environment of this name exists; choose another or archive that one"));
  return c.json(environment);
});

environments.get("/", async (c) => {
  const query = unwrap(environmentListQuery(paramsOf(c)));
  const key = await listKey(c, "environments");
  const part = sliceOf(key, query);
  const page = await listEnvironments(c.env.DB, c.var.workspace, part, query.include_archived);
  return c.json(forward(key, part, page));
});

environments.get("/:id", plain, async (c) => {
  const id = known("env", c.req.param("id"));
  const environment = await findEnvironment(c.env.DB, c.var.workspace, id);
  if (!environment) throw missing("environment", id);
  return c.json(environment);
});

environments.post("/:id/archive", plain, async (c) => {
  const id = known("env", c.req.param("id"));
  const environment = await archiveEnvironment(c.env.DB, c.var.workspace, id, nowMicros());
  if (!environment) throw missing("environment", id);
  return c.json(environment);
});

environments.post("/:id", plain, notYet("updating an environment"));
environments.delete("/:id", plain, notYet("deleting an environment"));
