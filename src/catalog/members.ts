/** What a roster needs to know of the agents in it. */

/** One agent at one version. */
export interface Reference {
  id: string;
  /** Absent: the newest. */
  version?: number;
}

export interface Found {
  id: string;
  /** The version asked for or the newest one; null when there is no such version. */
  version: number | null;
  archived: boolean;
  name: string;
  /** Whether it has a roster itself. */
  multiagent: boolean;
  geo: string | null;
}

interface Row {
  place: number;
  id: string;
  version: number | null;
  archived: number;
  name: string | null;
  multiagent: string | null;
  geo: string | null;
}

/**
 * In the order asked for; null where this workspace has no such agent. One statement, whatever the number. CROSS JOIN keeps SQLite from walking all
 * agents of the workspace first.
 */
export async function findMembers(
  db: D1Database,
  workspace: string,
  references: readonly Reference[],
): Promise<(Found | null)[]> {
  if (references.length === 0) return [];
  const asked = JSON.stringify(references.map(({ id, version }) => [id, version ?? null]));
  const { results } = await db
    .prepare(
      `SELECT r.key AS place, a.id, v.version, a.archived_at IS NOT NULL AS archived,
         json_extract(v.definition, '$.name') AS name, json_type(v.definition, '$.multiagent') AS multiagent,
         json_extract(v.definition, '$.model.inference_geo') AS geo
       FROM json_each(?2) r CROSS JOIN agents a ON a.id = json_extract(r.value, '$[0]') AND a.workspace = ?1
       LEFT JOIN agent_versions v ON v.agent_id = a.id AND v.version = COALESCE(json_extract(r.value, '$[1]'), a.version)`,
    )
    .bind(workspace, asked)
    .all<Row>();
  const at = new Map(results.map((row) => [row.place, row]));
  return references.map((_, place) => foundOf(at.get(place)));
}

function foundOf(row: Row | undefined): Found | null {
  if (!row) return null;
  return {
    id: row.id,
    version: row.version,
    archived: row.archived === 1,
    name: row.name ?? "",
    multiagent: row.multiagent === "object",
    geo: row.geo,
  };
}
