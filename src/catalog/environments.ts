/** Environments. Not versioned; names are unique among the live ones of a workspace. */
import { stamp } from "../log/rows.ts";
import type { Environment } from "../protocol/environments.ts";
import { microseconds } from "../protocol/queries.ts";
import { ordered, type Page, Params, placement, readPage, type Slice } from "./keyset.ts";

export type EnvironmentDefinition = Pick<Environment, "name" | "description" | "config" | "scope" | "metadata">;

interface Row {
  id: string;
  created_at: number;
  updated_at: number;
  archived_at: number | null;
  definition: string;
}

function environmentOf(row: Row): Environment {
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

/** Null when a live environment of this workspace has the name. Times are microseconds. */
export async function insertEnvironment(
  db: D1Database,
  workspace: string,
  id: string,
  now: number,
  definition: EnvironmentDefinition,
): Promise<Environment | null> {
  const text = JSON.stringify(definition);
  const row = await db
    .prepare(
      `INSERT INTO environments VALUES (?1, ?2, ?3, ?4, ?4, NULL, ?5, ?6)
       ON CONFLICT (workspace, name) WHERE archived_at IS NULL DO NOTHING RETURNING *`,
    )
    .bind(id, workspace, definition.name, now, text.length, text)
    .first<Row>();
  return row && environmentOf(row);
}

/** Null when this workspace has no such environment. */
export async function findEnvironment(db: D1Database, workspace: string, id: string): Promise<Environment | null> {
  const row = await db
    .prepare("SELECT * FROM environments WHERE id = ?1 AND workspace = ?2")
    .bind(id, workspace)
    .first<Row>();
  return row && environmentOf(row);
}

/** Archives for ever; the first stamp stays (spec/core.md §1.7). @inferred for environments. Null when this workspace has no such environment. */
export async function archiveEnvironment(
  db: D1Database,
  workspace: string,
  id: string,
  now: number,
): Promise<Environment | null> {
  const row = await db
    .prepare(
      "UPDATE environments SET archived_at = COALESCE(archived_at, ?3) WHERE id = ?1 AND workspace = ?2 RETURNING *",
    )
    .bind(id, workspace, now)
    .first<Row>();
  return row && environmentOf(row);
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
  const text = JSON.stringify(definition);
  const [taken, updated] = await db.batch<Row>([
    db
      .prepare(
        `SELECT o.id FROM environments o JOIN environments e ON e.id = ?1 AND o.workspace = e.workspace
         WHERE o.name = ?2 AND o.archived_at IS NULL AND o.id <> ?1`,
      )
      .bind(base.id, definition.name),
    db
      .prepare(
        `UPDATE OR IGNORE environments SET name = ?2, updated_at = MAX(?3, updated_at + 1), bytes = ?4, definition = ?5
         WHERE id = ?1 AND updated_at = ?6 AND archived_at IS NULL RETURNING *`,
      )
      .bind(base.id, definition.name, now, text.length, text, microseconds(base.updated_at)),
  ]);
  const [row] = updated?.results ?? [];
  if (row) return environmentOf(row);
  return taken?.results.length ? "taken" : "moved";
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
  const gone = await db
    .prepare(
      `DELETE FROM environments WHERE id = ?1 AND workspace = ?2
         AND NOT EXISTS (SELECT 1 FROM sessions WHERE environment_id = ?1) RETURNING id`,
    )
    .bind(id, workspace)
    .first();
  if (gone) return "deleted";
  return (await findEnvironment(db, workspace, id)) ? "used" : "absent";
}

export async function listEnvironments(
  db: D1Database,
  workspace: string,
  slice: Slice,
  archived: boolean,
): Promise<Page<Environment>> {
  const params = new Params();
  const where = `workspace = ${params.add(workspace)}${archived ? "" : " AND archived_at IS NULL"}`;
  const keys = `SELECT id, created_at, bytes FROM environments WHERE ${where}${placement(slice, params)}${ordered(slice, params)}`;
  const body = "SELECT e.* FROM sized LEFT JOIN environments e ON e.id = sized.id AND sized.fits";
  const page = await readPage<Row>(db, slice, keys, body, params);
  return { ...page, items: page.items.map(environmentOf) };
}
