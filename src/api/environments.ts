/** `/v1/environments` (spec/core.md §3). */
import { Hono } from "hono";
import { archiveEnvironment, deleteEnvironment, listEnvironments } from "../catalog/environments.ts";
import { EnvironmentCreate, type EnvironmentDeleted, EnvironmentUpdate } from "../protocol/environments.ts";
import { ApiError, conflict } from "../protocol/errors.ts";
import { environmentListQuery } from "../protocol/queries.ts";
import { changeEnvironment, createEnvironment, environmentOf } from "../services/write-environment.ts";
import { missing, unwrap } from "./answer.ts";
import { readJson } from "./body.ts";
import { type AppEnv, nowMicros, paramsOf } from "./context.ts";
import { listKey } from "./cursor.ts";
import { known } from "./ids.ts";
import { forward, sliceOf } from "./lists.ts";
import { plain } from "./plain.ts";
import { callerOf, platformOf } from "./platform.ts";

export const environments = new Hono<AppEnv>();

/** The hosted API forbids retries of this resource's refusals, but for a 404 to a reader (spec/core.md §1.2). */
environments.use(async (c, next) => {
  await next();
  const { status } = c.res;
  if (status === 400 || (status === 404 && c.req.method !== "GET")) c.header("x-should-retry", "false");
});

environments.post("/", plain, async (c) => {
  const params = await readJson(c.req.raw, EnvironmentCreate);
  return c.json(await createEnvironment(platformOf(c), callerOf(c), params));
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
  return c.json(await environmentOf(platformOf(c), callerOf(c), id));
});

environments.post("/:id", plain, async (c) => {
  const id = known("env", c.req.param("id"));
  const patch = await readJson(c.req.raw, EnvironmentUpdate);
  return c.json(await changeEnvironment(platformOf(c), callerOf(c), id, patch));
});

environments.post("/:id/archive", plain, async (c) => {
  const id = known("env", c.req.param("id"));
  const environment = await archiveEnvironment(c.env.DB, c.var.workspace, id, nowMicros());
  if (!environment) throw missing("environment", id);
  return c.json(environment);
});

environments.delete("/:id", plain, async (c) => {
  const id = known("env", c.req.param("id"));
  const outcome = await deleteEnvironment(c.env.DB, c.var.workspace, id);
  if (outcome === "absent") throw missing("environment", id);
  // @inferred: the documents name the rule (spec/core.md §3) and not the answer; the queue's own case is a 409.
  if (outcome === "used")
    throw new ApiError(
      conflict(`environment ${id} is used by sessions; delete them first, or archive the environment`),
    );
  return c.json({ type: "environment_deleted", id } satisfies EnvironmentDeleted);
});
