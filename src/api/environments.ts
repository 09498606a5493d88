/** `/v1/environments` (spec/core.md §3). */
import { Hono } from "hono";
import { listName } from "../catalog/cursor.ts";
import {
  archiveEnvironment,
  deleteEnvironment,
  findEnvironment,
  insertEnvironment,
  listEnvironments,
  updateEnvironment,
} from "../catalog/environments.ts";
import type { Slice } from "../catalog/keyset.ts";
import {
  type Environment,
  EnvironmentCreate,
  type EnvironmentDeleted,
  EnvironmentUpdate,
} from "../protocol/environments.ts";
import { ApiError, conflict, invalid } from "../protocol/errors.ts";
import { newId } from "../protocol/ids.ts";
import { environmentListQuery } from "../protocol/queries.ts";
import { missing, unwrap } from "./answer.ts";
import { readJson } from "./body.ts";
import { contended } from "./contended.ts";
import { type AppContext, type AppEnv, nowMicros, paramsOf } from "./context.ts";
import { mergeEnvironment, newEnvironment } from "./hosting.ts";
import { known } from "./ids.ts";
import { paginate } from "./list.ts";
import { plain } from "./plain.ts";
import { sameDefinition } from "./same.ts";

export const environments = new Hono<AppEnv>();

/** The hosted API forbids retries of this resource's refusals, but for a 404 to a reader (spec/core.md §1.2). */
environments.use(async (c, next) => {
  await next();
  const { status } = c.res;
  if (status === 400 || (status === 404 && c.req.method !== "GET")) c.header("x-should-retry", "false");
});

environments.post("/", plain, async (c) => {
  const definition = newEnvironment(await readJson(c.req.raw, EnvironmentCreate));
  const environment = await insertEnvironment(c.env.DB, c.var.workspace, newId("env"), nowMicros(), definition);
  if (!environment) throw nameTaken();
  return c.json(environment);
});

environments.get("/", async (c) => {
  const query = unwrap(environmentListQuery(paramsOf(c)));
  const read = (slice: Slice) => listEnvironments(c.env.DB, c.var.workspace, slice, query.include_archived);
  return c.json(await paginate(listName("environments", c.var.workspace), query, read));
});

environments.get("/:id", plain, async (c) => c.json(await environmentAt(c)));

environments.post("/:id", plain, async (c) => {
  known("env", c.req.param("id"));
  const patch = await readJson(c.req.raw, EnvironmentUpdate);
  const stored = await contended(async () => {
    const base = await environmentAt(c);
    if (base.archived_at !== null)
      throw new ApiError(
        invalid(`environment ${base.id} is archived and cannot be changed; create another`, "environment_archived"),
      );
    const definition = mergeEnvironment(base, patch);
    if (sameDefinition(base, definition)) return base;
    const updated = await updateEnvironment(c.env.DB, base, nowMicros(), definition);
    if (updated === "taken") throw nameTaken();
    return updated === "moved" ? null : updated;
  });
  return c.json(stored);
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

async function environmentAt(c: AppContext): Promise<Environment> {
  const id = known("env", c.req.param("id") ?? "");
  const environment = await findEnvironment(c.env.DB, c.var.workspace, id);
  if (!environment) throw missing("environment", id);
  return environment;
}

function nameTaken(): ApiError {
  return new ApiError(conflict("name: a live environment of this name exists; choose another or archive that one"));
}
