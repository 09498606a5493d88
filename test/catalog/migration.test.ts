/**
 * A migration is applied while the Worker that runs knows nothing of it. Here one adds to every table, with defaults, a column of its own and every
 * column that another table has; today's code must write and read on it as on its own tables.
 */
import { expect, test } from "vitest";
import {
  archiveAgent,
  findAgent,
  insertAgent,
  insertAgentVersion,
  listAgents,
  listVersions,
} from "../../src/catalog/agents.ts";
import { findDuplicate, insertSession, sweepCreating } from "../../src/catalog/creation.ts";
import {
  archiveEnvironment,
  deleteEnvironment,
  findEnvironment,
  insertEnvironment,
  listEnvironments,
  updateEnvironment,
} from "../../src/catalog/environments.ts";
import { findMembers } from "../../src/catalog/members.ts";
import * as operator from "../../src/catalog/operator.ts";
import { readOverview } from "../../src/catalog/overview.ts";
import { dropSession, indexSession, listSessions, settleSession, workspaceOf } from "../../src/catalog/sessions.ts";
import { pruneSpend, spendStatements } from "../../src/catalog/spend.ts";
import { standingFrom, standingStatement } from "../../src/catalog/standing.ts";
import { insertTicket, takeTicket, ticketKey } from "../../src/catalog/tickets.ts";
import type { SessionAgent } from "../../src/protocol/agents.ts";
import type { Environment } from "../../src/protocol/environments.ts";
import type { Session } from "../../src/protocol/sessions.ts";
import { testServer } from "../api/harness.ts";
import { ALL, config, definition, NOW, PUSH, page, row } from "./rows.ts";

const [old, migrated] = [testServer(), testServer()];
const DAY = 20_000;
const environment = { name: "e", description: null, config, scope: "organization" as const, metadata: {} };

async function tables(db: D1Database): Promise<string[]> {
  const { results } = await db
    .prepare(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '_cf*' AND name NOT GLOB 'sqlite_*'",
    )
    .all<{ name: string }>();
  return results.map(({ name }) => name).filter((name) => name !== "d1_migrations");
}

async function columns(db: D1Database, table: string): Promise<string[]> {
  const { results } = await db.prepare("SELECT name FROM pragma_table_info(?1)").bind(table).all<{ name: string }>();
  return results.map(({ name }) => name);
}

async function addColumns(db: D1Database): Promise<void> {
  const own = new Map<string, string[]>();
  for (const table of await tables(db)) own.set(table, await columns(db, table));
  const every = new Set([...own.values()].flat());
  for (const [table, has] of own) {
    const added = ["added_later", ...every].filter((name) => !has.includes(name));
    const alter = added.map((name) =>
      db.prepare(`ALTER TABLE ${table} ADD COLUMN "${name}" TEXT NOT NULL DEFAULT 'x'`),
    );
    await db.batch(alter);
  }
}

/** Every statement of the catalog once, on a fresh database; answers all that was read. */
async function everything(db: D1Database): Promise<unknown[]> {
  const agent = await insertAgent(db, "w", "agent", NOW, definition);
  const second = await insertAgentVersion(db, agent, NOW + 1, { ...definition, name: "b" });
  const stale = await insertAgentVersion(db, agent, NOW + 2, { ...definition, name: "c" });
  const env = (await insertEnvironment(db, "w", "env", NOW, environment)) as Environment;
  const taken = await insertEnvironment(db, "w", "env2", NOW, environment);
  await insertEnvironment(db, "w", "env3", NOW, { ...environment, name: "other" });
  const updates = [
    await updateEnvironment(db, env, NOW + 1, { ...environment, description: "d" }),
    await updateEnvironment(db, env, NOW + 2, { ...environment, description: "e" }),
    await updateEnvironment(db, env, NOW + 2, { ...environment, name: "other" }),
  ];
  const made = [await insertSession(db, row("s1", { key: "k" })), await insertSession(db, row("s1b", { key: "k" }))];
  await insertSession(db, row("s2", { createdAt: NOW + 1, cred: "d" }));
  const settled = await settleSession(db, { id: "s1", status: "idle", archived_at: null } as Session);
  const changed = { id: "agent", name: "changed" } as unknown as SessionAgent;
  const spent = spendStatements(db, "w", "s1", [{ day: DAY, units: 5 }]);
  const also = [...spent, standingStatement(db, "w", DAY)];
  const pushed = await indexSession(db, { ...PUSH, id: "s1", status: "running", ordinal: 1, agent: changed }, also);
  await insertTicket(
    db,
    "t1",
    { workspace: "w", cred: "c", session_id: "s1", access: "read_only", expires_at: NOW },
    NOW,
  );
  await insertTicket(
    db,
    "t2",
    { workspace: "w", cred: "c", session_id: "s1", access: "read_only", expires_at: NOW },
    0,
  );
  const actor = { operator: "o", at: NOW };
  await operator.stopWorkspace(db, actor, "w", "first");
  await operator.stopWorkspace(db, actor, "w", "reason");
  await operator.stopWorkspace(db, actor, "v", "reason");
  await operator.limitWorkspace(db, actor, "w", { running_sessions: 3, cents_per_day: 100 });
  await operator.revokeKey(db, actor, { workspace: "w", cred: "c" });
  await operator.noteInterrupt(db, actor, "s1", "w");
  const written: Record<string, unknown[]> = {};
  for (const table of await tables(db)) written[table] = (await db.prepare(`SELECT 1 FROM ${table}`).all()).results;
  const standing = await standingStatement(db, "w", DAY).first();
  const sent = { workspace: "w", cred: "c", digest: "d", retry: 1, now: NOW + 1 };
  const read = [
    await findAgent(db, "w", "agent"),
    await findAgent(db, "w", "agent", 1),
    (await listAgents(db, "w", { ...page, gte: NOW, lte: NOW }, false)).items,
    await listVersions(db, "w", "agent", { ...page, limit: 1, from: { t: 3, id: "agent" } }),
    await findMembers(db, "w", [{ id: "agent" }, { id: "agent", version: 1 }]),
    await findEnvironment(db, "w", "env"),
    await listEnvironments(db, "w", page, true),
    await listSessions(db, "w", page, { statuses: ALL }, NOW),
    await listSessions(db, "w", page, { statuses: ALL, agentId: "agent", agentVersion: 1 }, NOW),
    await findDuplicate(db, { ...sent, key: "k" }),
    await findDuplicate(db, { ...sent, key: null }),
    await workspaceOf(db, "s1"),
    standingFrom(standing, DAY),
    standingFrom(pushed.at(-1)?.results[0], DAY),
    (await ticketKey(db)).length,
    await takeTicket(db, "t2"),
    await readOverview(db, DAY),
    await operator.runningSessions(db, "w"),
    await operator.runningSessions(db, "*"),
    await operator.isKnownWorkspace(db, "w"),
  ];
  await sweepCreating(
    db,
    NOW * 2,
    async () => null,
    async () => {},
  );
  await pruneSpend(db, DAY * 2);
  const gone = [
    await operator.startWorkspace(db, actor, "w"),
    await operator.restoreKey(db, actor, { workspace: "w", cred: "c" }),
    await archiveAgent(db, "w", "agent", NOW + 3),
    await archiveEnvironment(db, "w", "env", NOW + 3),
    await deleteEnvironment(db, "w", "env"),
    await dropSession(db, "s1"),
    await deleteEnvironment(db, "w", "env"),
  ];
  return [second, stale, taken, updates, made, settled, written, read, gone];
}

/** As code that trusts the order of a table's columns writes. */
function byPlace(db: D1Database): D1Database {
  const prepare = (text: string) => db.prepare(text.replace(/^(INSERT INTO \w+) \([^)]*\)/, "$1"));
  return { prepare, batch: (list: D1PreparedStatement[]) => db.batch(list) } as unknown as D1Database;
}

test("code that a migration has overtaken writes and reads as before", async () => {
  const expected = await everything(old.env.DB);
  const written = expected[6] as Record<string, unknown[]>;
  expect(Object.entries(written).filter(([, rows]) => rows.length === 0)).toEqual([]);
  await addColumns(migrated.env.DB);
  await expect(everything(byPlace(migrated.env.DB))).rejects.toThrow(/table agents has \d+ columns but 6 values/);
  expect(await everything(migrated.env.DB)).toEqual(expected);
}, 60_000);
