/** Rows of the catalog's sessions for its tests: one agent, one environment, and sessions as a test needs them. */
import { beforeEach } from "vitest";
import { insertAgent } from "../../src/catalog/agents.ts";
import { insertSession, type NewSession } from "../../src/catalog/creation.ts";
import { insertEnvironment } from "../../src/catalog/environments.ts";
import type { Slice } from "../../src/catalog/keyset.ts";
import { indexSession, listSessions, type SessionPush } from "../../src/catalog/sessions.ts";
import type { TestServer } from "../api/harness.ts";

export const NOW = 1_764_000_000_000_000;
export const ALL = ["idle", "running", "rescheduling", "terminated"] as const;
export const page: Slice = { order: "desc", limit: 20, from: null };

export const definition = {
  name: "a",
  description: null,
  model: { id: "m" },
  system: null,
  tools: [],
  mcp_servers: [],
  skills: [],
  multiagent: null,
  metadata: {},
  execution_identity: { type: "service_account" as const },
};
export const config = {
  type: "cloud" as const,
  networking: { type: "unrestricted" as const },
  packages: { type: "packages" as const, apt: [], cargo: [], gem: [], go: [], npm: [], pip: [] },
};

export function row(id: string, more: Partial<NewSession> = {}): NewSession {
  return {
    id,
    threadId: `t-${id}`,
    workspace: "w",
    createdAt: NOW,
    environmentId: "env",
    agentId: "agent",
    agentVersion: 1,
    title: null,
    metadata: "{}",
    budget: null,
    snapshot: { sha: "sha", text: JSON.stringify({ id: "agent" }) },
    cred: "c",
    key: null,
    digest: "d",
    retry: 0,
    ...more,
  };
}

export const PUSH = {
  workspace: "w",
  status: "idle" as const,
  title: null,
  metadata: {},
  budget: null,
  agent: null,
  usage: {},
  archivedAt: null,
  updatedAt: NOW,
};

/** Before each test the tables hold the agent `agent` and the environment `env` of the workspace `w`, and nothing else. */
export function sessionRows(server: TestServer) {
  const push = (id: string, ordinal: number, more: Partial<SessionPush> = {}) =>
    indexSession(server.env.DB, { ...PUSH, id, updatedAt: NOW + ordinal, ordinal, ...more });
  const stored = (id: string) =>
    server.env.DB.prepare("SELECT * FROM sessions WHERE id = ?1").bind(id).first<Record<string, unknown>>();
  /** A live session. */
  const add = async (id: string, more: Partial<NewSession> = {}) => {
    await insertSession(server.env.DB, row(id, more));
    await push(id, 1);
  };
  const ids = async (slice: Slice, filter: object = {}) =>
    (await listSessions(server.env.DB, "w", slice, { statuses: ALL, ...filter }, NOW)).items.map((one) => one.id);
  beforeEach(async () => {
    const db = server.env.DB;
    await db.batch(
      ["sessions", "agents", "agent_versions", "environments", "agent_snapshots"].map((table) =>
        db.prepare(`DELETE FROM ${table}`),
      ),
    );
    await insertAgent(db, "w", "agent", NOW, definition);
    await insertEnvironment(db, "w", "env", NOW, {
      name: "e",
      description: null,
      config,
      scope: "organization",
      metadata: {},
    });
  });
  return { push, stored, add, ids };
}
