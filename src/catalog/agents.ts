/** Agents and their versions. A version is written once; the agent's row points at the newest. */
import { stamp } from "../log/rows.ts";
import type { Agent } from "../protocol/agents.ts";
import {
  archiveRow,
  findRow,
  insertInto,
  owned,
  prepare,
  type StoredResource,
  sql,
  unchanged,
  updateUnchanged,
} from "./db.ts";
import { inWorkspace, type ListPage, listPage, type Slice } from "./keyset.ts";

/** What a version stores: the agent without its identity and stamps. */
export type AgentDefinition = Omit<Agent, "type" | "id" | "version" | "created_at" | "updated_at" | "archived_at">;

interface AgentRow {
  id: string;
  version: number;
  created_at: number;
  updated_at: number;
  archived_at: number | null;
  definition: string;
}

/** Each at its newest version. */
const AGENTS: StoredResource<Agent, AgentRow> = {
  table: "agents",
  columns: "r.id, v.version, r.created_at, v.created_at AS updated_at, r.archived_at, v.definition",
  joins: "LEFT JOIN agent_versions v ON v.agent_id = r.id AND v.version = r.version",
  bytes: "(SELECT v.bytes FROM agent_versions v WHERE v.agent_id = r.id AND v.version = r.version)",
  place: ["created_at", "id"],
  wire: agentOf,
};

const VERSIONS: StoredResource<Agent, AgentRow> = {
  table: "agent_versions",
  columns: "a.id, r.version, a.created_at, r.created_at AS updated_at, a.archived_at, r.definition",
  joins: "LEFT JOIN agents a ON a.id = r.agent_id",
  bytes: "r.bytes",
  place: ["version", "agent_id"],
  wire: agentOf,
};

function agentOf(row: AgentRow): Agent {
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

function versionRow(id: string, version: number, now: number, definition: string) {
  return { agent_id: id, version, created_at: now, bytes: definition.length, definition };
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
  const row = { id, version: 1, created_at: now, updated_at: now, archived_at: null };
  await db.batch([
    prepare(db, insertInto("agents", { ...row, workspace })),
    prepare(db, insertInto("agent_versions", versionRow(id, 1, now, text))),
  ]);
  return agentOf({ ...row, definition: text });
}

/** The newest version, or the one asked for; null when this workspace has no such agent or version. */
export function findAgent(db: D1Database, workspace: string, id: string, version?: number): Promise<Agent | null> {
  if (version === undefined) return findRow(db, AGENTS, owned(workspace, id));
  return findRow(db, VERSIONS, sql`r.agent_id = ${id} AND r.version = ${version} AND a.workspace = ${workspace}`);
}

/** Stores the version after `base`. Null when the agent has moved on or was archived since `base` was read: nothing is written, read again. */
export function insertAgentVersion(
  db: D1Database,
  base: Agent,
  now: number,
  definition: AgentDefinition,
): Promise<Agent | null> {
  const version = base.version + 1;
  const lock = { id: base.id, column: "version", value: base.version };
  const row = versionRow(base.id, version, now, JSON.stringify(definition));
  return updateUnchanged(db, AGENTS, lock, { version, updated_at: now }, [
    insertInto("agent_versions", row, sql`FROM agents WHERE ${unchanged(lock)}`),
  ]);
}

/** Null when this workspace has no such agent. */
export function archiveAgent(db: D1Database, workspace: string, id: string, now: number): Promise<Agent | null> {
  return archiveRow(db, AGENTS, workspace, id, now);
}

export function listAgents(
  db: D1Database,
  workspace: string,
  slice: Slice,
  archived: boolean,
): Promise<ListPage<Agent>> {
  return listPage(db, AGENTS, slice, [inWorkspace(workspace, archived)]);
}

/** Newest first; `from.t` is the version after which the page begins. Null when this workspace has no such agent. */
export async function listVersions(
  db: D1Database,
  workspace: string,
  id: string,
  slice: Slice,
): Promise<ListPage<Agent> | null> {
  if (!(await prepare(db, sql`SELECT 1 FROM agents r WHERE ${owned(workspace, id)}`).first())) return null;
  return listPage(db, VERSIONS, slice, [sql`r.agent_id = ${id}`]);
}
