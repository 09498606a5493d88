/** Environments. Not versioned; names are unique among the live ones of a workspace. */
import { stamp } from "../log/rows.ts";
import type { Environment } from "../protocol/environments.ts";
import { microseconds } from "../protocol/queries.ts";
import { archiveRow, findRow, insertInto, owned, prepare, type StoredResource, sql, updateUnchanged } from "./db.ts";
import { inWorkspace, type ListPage, listPage, type Slice } from "./keyset.ts";

export type EnvironmentDefinition = Pick<Environment, "name" | "description" | "config" | "scope" | "metadata">;

interface EnvironmentRow {
  id: string;
  created_at: number;
  updated_at: number;
  archived_at: number | null;
  definition: string;
}

const ENVIRONMENTS: StoredResource<Environment, EnvironmentRow> = {
  table: "environments",
  columns: "r.id, r.created_at, r.updated_at, r.archived_at, r.definition",
  bytes: "r.bytes",
  place: ["created_at", "id"],
  wire: environmentOf,
};

function environmentOf(row: EnvironmentRow): Environment {
  const definition: EnvironmentDefinition = JSON.parse(row.definition);
  return {
    type: "environment",
    id: row.id,
    ...definition,
    state: row.archived_at === null ? "active" : "archived",
    created_at: stamp(row.created_at),
    updated_at: stamp(row.updated_at),
    archived_at: row.archived_at === null ? null : stamp(row.archived_at),
  };
}

function definitionColumns(definition: EnvironmentDefinition) {
  const text = JSON.stringify(definition);
  return { name: definition.name, bytes: text.length, definition: text };
}

/** Null when a live environment of this workspace has the name. Times are microseconds. */
export async function insertEnvironment(
  db: D1Database,
  workspace: string,
  id: string,
  now: number,
  definition: EnvironmentDefinition,
): Promise<Environment | null> {
  const columns = definitionColumns(definition);
  const row = { id, created_at: now, updated_at: now, archived_at: null, definition: columns.definition };
  const once = sql`WHERE TRUE ON CONFLICT (workspace, name) WHERE archived_at IS NULL DO NOTHING RETURNING id`;
  const stored = await prepare(db, insertInto("environments", { ...row, ...columns, workspace }, once)).first();
  return stored && environmentOf(row);
}

/** Null when this workspace has no such environment. */
export function findEnvironment(db: D1Database, workspace: string, id: string): Promise<Environment | null> {
  return findRow(db, ENVIRONMENTS, owned(workspace, id));
}

/** Null when this workspace has no such environment. */
export function archiveEnvironment(
  db: D1Database,
  workspace: string,
  id: string,
  now: number,
): Promise<Environment | null> {
  return archiveRow(db, ENVIRONMENTS, workspace, id, now);
}

/**
 * Stores what `base` becomes. `taken`: another live environment has the name; `moved`: it was changed, archived or deleted since `base` was read.
 * In both cases nothing is written. Each update has a later stamp than the one before, so that no two are mistaken for one another.
 */
export async function updateEnvironment(
  db: D1Database,
  base: Environment,
  now: number,
  definition: EnvironmentDefinition,
): Promise<Environment | "taken" | "moved"> {
  const lock = { id: base.id, column: "updated_at", value: microseconds(base.updated_at) };
  const set = { ...definitionColumns(definition), updated_at: sql`MAX(${now}, updated_at + 1)` };
  const updated = await updateUnchanged(db, ENVIRONMENTS, lock, set);
  if (updated) return updated;
  const taken = sql`SELECT 1 FROM environments o JOIN environments e ON e.id = ${base.id} AND o.workspace = e.workspace
    WHERE o.name = ${definition.name} AND o.archived_at IS NULL AND o.id <> e.id`;
  return (await prepare(db, taken).first()) ? "taken" : "moved";
}

/**
 * Deletes it only if no session refers to it: one statement, the mirror of the one that inserts a session (design §8), so that of the two that come
 * first wins. `used`: there is one, whatever its status. `absent`: this workspace has no such environment.
 * @inferred that every session that is not deleted counts, an archived one too
 */
export async function deleteEnvironment(
  db: D1Database,
  workspace: string,
  id: string,
): Promise<"deleted" | "used" | "absent"> {
  const unused = sql`DELETE FROM environments AS r WHERE ${owned(workspace, id)}
    AND NOT EXISTS (SELECT 1 FROM sessions s WHERE s.environment_id = ${id}) RETURNING id`;
  if (await prepare(db, unused).first()) return "deleted";
  return (await findEnvironment(db, workspace, id)) ? "used" : "absent";
}

export function listEnvironments(
  db: D1Database,
  workspace: string,
  slice: Slice,
  archived: boolean,
): Promise<ListPage<Environment>> {
  return listPage(db, ENVIRONMENTS, slice, [inWorkspace(workspace, archived)]);
}
