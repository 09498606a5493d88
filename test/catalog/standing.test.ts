/** The question that each running session asks once a second: what it reads must not grow with how many others run. */
import { expect, test } from "vitest";
import { standingFrom, standingStatement } from "../../src/catalog/standing.ts";
import { testServer } from "../api/harness.ts";

const server = testServer();
const DAY = 20_000;
const RUNNING = 500;
const CAP = 7;
/** Rows beside the counted ones: limits and key lookups. */
const MOST_OTHERS = 12;

const fields =
  "(id, workspace, status, agent_id, agent_version, snapshot, environment_id, thread_id, metadata, usage, created_at, updated_at, ordinal, bytes, cred, digest, retry)";

async function ask(workspace: string) {
  const { results, meta } = await standingStatement(server.env.DB, workspace, DAY).all();
  return { running: standingFrom(results[0], DAY)?.running, read: meta.rows_read };
}

test("sessions are counted up to the cap, and not at all without one", async () => {
  const { DB } = server.env;
  await DB.prepare(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
     INSERT INTO sessions ${fields} SELECT 's' || i, 'busy', 'running', 'a', 1, 'x', 'e', 't', '{}', '{}', i, i, 1, 1, 'c', 'd', 0 FROM n`,
  )
    .bind(RUNNING)
    .run();
  const free = await ask("busy");
  expect(free.running).toBe(0);
  expect(free.read).toBeLessThan(MOST_OTHERS);
  await DB.prepare("INSERT INTO workspace_limits VALUES ('*', ?1, NULL)").bind(CAP).run();
  const capped = await ask("busy");
  expect(capped.running).toBe(CAP);
  expect(capped.read).toBeLessThan(2 * CAP + MOST_OTHERS);
  await DB.prepare("INSERT INTO workspace_limits VALUES ('busy', ?1, NULL)")
    .bind(RUNNING * 2)
    .run();
  const counted = await ask("busy");
  expect(counted.running).toBe(RUNNING);
  expect(counted.read).toBeGreaterThan(RUNNING);
  expect((await ask("calm")).running).toBe(0);
});
