/** Agents and their versions. A version is written once; the agent's row points at the newest. */
import { stamp } from "../log/rows.ts";
import type { Agent } from "../protocol/agents.ts";
import { ordered, type Page, Params, placement, readPage, type Slice } from "./keyset.ts";

/** What a version stores: the agent without its identity and stamps. */
export type AgentDefinition = Omit<Agent, "type" | "id" | "version" | "created_at" | "updated_at" | "archived_at">;

interface Row {
  id: string;
  version: number;
  created_at: number;
  updated_at: number;
  archived_at: number | null;
  definition: string;
}

const WHOLE = "SELECT a.id, v.version, a.created_at, v.created_at AS updated_at, a.archived_at, v.definition";

function agentOf(row: Row): Agent {
  const definition: AgentDefinition = JSON.parse(row.definition);
  return {
    type: "agent",
    id: row.id,
    version: row.version,
    ...definition,
    created_at: stamp(row.created_at),
    updated_at: stamp(row.updated_at),
    archived_at: row.archived_at === null ? null : stamp(row.archived_at),
  };
}

/** Stores version 1. Times are microseconds. */
export async function insertAgent(
  db: D1Database,
  workspace: string,
  id: string,
  now: number,
  definition: AgentDefinition,
): Promise<Agent> {
  const text = JSON.stringify(definition);
  await db.batch([
    db.prepare("INSERT INTO agents VALUES (?1, ?2, 1, ?3, ?3, NULL)").bind(id, workspace, now),
    insertVersion(db, id, 1, now, text),
  ]);
  return agentOf({ id, version: 1, created_at: now, updated_at: now, archived_at: null, definition: text });
}

function insertVersion(db: D1Database, id: string, version: number, now: number, text: string): D1PreparedStatement {
  return db.prepare("INSERT INTO agent_versions VALUES (?1, ?2, ?3, ?4, ?5)").bind(id, version, now, text.length, text);
}

/** The newest version, or the one asked for; null when this workspace has no such agent or version. */
export async function findAgent(
  db: D1Database,
  workspace: string,
  id: string,
  version?: number,
): Promise<Agent | null> {
  const row = await db
    .prepare(
      `${WHOLE} FROM agents a JOIN agent_versions v ON v.agent_id = a.id AND v.version = COALESCE(?3, a.version)
       WHERE a.id = ?1 AND a.workspace = ?2`,
    )
    .bind(id, workspace, version ?? null)
    .first<Row>();
  return row && agentOf(row);
}

/**
 * Stores the version after `base`. Null when the agent has moved on or was archived since `base` was read: nothing is written, read again.
 */
export async function insertAgentVersion(
  db: D1Database,
  base: Agent,
  now: number,
  definition: AgentDefinition,
): Promise<Agent | null> {
  const text = JSON.stringify(definition);
  const version = base.version + 1;
  const [, moved] = await db.batch([
    db
      .prepare(
        `INSERT INTO agent_versions SELECT id, ?2, ?3, ?4, ?5 FROM agents WHERE id = ?1 AND version = ?2 - 1 AND archived_at IS NULL`,
      )
      .bind(base.id, version, now, text.length, text),
    db
      .prepare(
        "UPDATE agents SET version = ?2, updated_at = ?3 WHERE id = ?1 AND version = ?2 - 1 AND archived_at IS NULL RETURNING created_at",
      )
      .bind(base.id, version, now),
  ]);
  const row = moved?.results[0] as { created_at: number } | undefined;
  return row
    ? agentOf({
        id: base.id,
        version,
        created_at: row.created_at,
        updated_at: now,
        archived_at: null,
        definition: text,
      })
    : null;
}

/** Archives for ever; the first stamp stays (spec/core.md §1.7). @inferred for agents. Null when this workspace has no such agent. */
export async function archiveAgent(db: D1Database, workspace: string, id: string, now: number): Promise<Agent | null> {
  await db
    .prepare("UPDATE agents SET archived_at = ?3 WHERE id = ?1 AND workspace = ?2 AND archived_at IS NULL")
    .bind(id, workspace, now)
    .run();
  return findAgent(db, workspace, id);
}

export async function listAgents(
  db: D1Database,
  workspace: string,
  slice: Slice,
  archived: boolean,
): Promise<Page<Agent>> {
  const params = new Params();
  const where = `a.workspace = ${params.add(workspace)}${archived ? "" : " AND a.archived_at IS NULL"}`;
  const keys = `SELECT a.id, a.created_at, (SELECT bytes FROM agent_versions WHERE agent_id = a.id AND version = a.version) AS bytes
    FROM agents a WHERE ${where}${placement(slice, params)}${ordered(slice, params)}`;
  const body = `${WHOLE} FROM sized LEFT JOIN agents a ON a.id = sized.id AND sized.fits
    LEFT JOIN agent_versions v ON v.agent_id = a.id AND v.version = a.version`;
  const page = await readPage<Row>(db, slice, keys, body, params);
  return { ...page, items: page.items.map(agentOf) };
}

/** Newest first; `from.t` is the version after which the page begins. Null when this workspace has no such agent. */
export async function listVersions(
  db: D1Database,
  workspace: string,
  id: string,
  slice: Slice,
): Promise<Page<Agent> | null> {
  const known = await db.prepare("SELECT 1 FROM agents WHERE id = ?1 AND workspace = ?2").bind(id, workspace).first();
  if (!known) return null;
  const params = new Params();
  const below = slice.from ? ` AND version < ${params.add(slice.from.t)}` : "";
  const keys = `SELECT version AS id, version AS created_at, bytes FROM agent_versions WHERE agent_id = ${params.add(id)}${below}
    ORDER BY version DESC LIMIT ${params.add(slice.limit + 1)}`;
  const body = `${WHOLE} FROM sized LEFT JOIN agents a ON a.id = ${params.add(id)} AND sized.fits
    LEFT JOIN agent_versions v ON v.agent_id = a.id AND v.version = sized.id`;
  const page = await readPage<Row>(db, slice, keys, body, params);
  return { ...page, items: page.items.map(agentOf) };
}
