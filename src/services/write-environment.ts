/** Creating and changing an environment (spec/core.md §3). */
import { findEnvironment, insertEnvironment, updateEnvironment } from "../catalog/environments.ts";
import type { Environment, EnvironmentCreate, EnvironmentUpdate } from "../protocol/environments.ts";
import { ApiError, conflict, invalid, missing } from "../protocol/errors.ts";
import { newId } from "../protocol/ids.ts";
import { isUnchanged, retryOnConflict } from "./optimistic-update.ts";
import type { Caller, Platform } from "./platform.ts";
import { mergeEnvironment, newEnvironment } from "./resolve-environment.ts";

type Parts = Pick<Platform, "db" | "now">;

/** A 409 when a live environment has the name. */
export async function createEnvironment(
  { db, now }: Parts,
  { workspace }: Caller,
  params: EnvironmentCreate,
): Promise<Environment> {
  const environment = await insertEnvironment(db, workspace, newId("env"), now(), newEnvironment(params));
  if (!environment) throw nameTaken();
  return environment;
}

export function changeEnvironment(
  platform: Parts,
  caller: Caller,
  id: string,
  patch: EnvironmentUpdate,
): Promise<Environment> {
  return retryOnConflict(async () => {
    const base = await environmentOf(platform, caller, id);
    if (base.archived_at !== null)
      throw new ApiError(
        invalid(`environment ${base.id} is archived and cannot be changed; create another`, "environment_archived"),
      );
    const definition = mergeEnvironment(base, patch);
    if (isUnchanged(base, definition)) return base;
    const updated = await updateEnvironment(platform.db, base, platform.now(), definition);
    if (updated === "taken") throw nameTaken();
    return updated === "moved" ? null : updated;
  });
}

/** A 404 when the workspace has none of this id. */
export async function environmentOf(
  { db }: Pick<Platform, "db">,
  { workspace }: Caller,
  id: string,
): Promise<Environment> {
  const environment = await findEnvironment(db, workspace, id);
  if (!environment) throw missing("environment", id);
  return environment;
}

function nameTaken(): ApiError {
  return new ApiError(conflict("name: a live environment of this name exists; choose another or archive that one"));
}
