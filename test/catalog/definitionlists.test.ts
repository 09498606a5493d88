/** Ten thousand agents and environments, most of them archived: a page of each list reads about its own rows of D1. */
import { beforeAll, expect, test } from "vitest";
import { listAgents, listVersions } from "../../src/catalog/agents.ts";
import { listEnvironments } from "../../src/catalog/environments.ts";
import type { Slice } from "../../src/catalog/keyset.ts";
import { testServer } from "../api/harness.ts";
import { counting } from "./counting.ts";

const COUNT = 10_000;
/** One in so many is live. */
const LIVE = 50;
const LIMIT = 20;
const MAX_READS = 10 + 9 * LIMIT;

const server = testServer();
const id = (n: number) => String(n).padStart(5, "0");

beforeAll(async () => {
  const numbers = JSON.stringify(Array.from({ length: COUNT }, (_, i) => i));
  const row = `printf('%05d', value), 'w'`;
  const times = `value, value, iif(value % ${LIVE}, 1, NULL)`;
  await server.env.DB.batch(
    [
      `INSERT INTO agents SELECT ${row}, 1, ${times} FROM json_each(?1)`,
      "INSERT INTO agent_versions SELECT printf('%05d', value), 1, value, 10, '{}' FROM json_each(?1)",
      "INSERT INTO agent_versions SELECT '00050', value + 2, value, 10, '{}' FROM json_each(?1)",
      `INSERT INTO environments SELECT ${row}, 'n' || value, ${times}, 10, '{}' FROM json_each(?1)`,
    ].map((sql) => server.env.DB.prepare(sql).bind(numbers)),
  );
});

const places: [string, Partial<Slice>, (n: number) => boolean][] = [
  ["the first page", {}, () => true],
  ["a later page", { from: { t: 5_000, id: id(5_000) } }, (n) => n < 5_000],
  ["a page from a time on", { gte: 4_000 }, (n) => n >= 4_000],
  ["a page up to a time", { lte: 4_000 }, (n) => n <= 4_000],
  [
    "a later page between two times",
    { gte: 100, lte: 9_000, from: { t: 5_000, id: id(5_000) } },
    (n) => n >= 100 && n < 5_000,
  ],
];

for (const [what, list] of [
  ["agents", listAgents],
  ["environments", listEnvironments],
] as const)
  for (const archived of [false, true])
    test.each(places)(`${what}, ${archived ? "archived ones too" : "live ones"}: %s`, async (_, place, keeps) => {
      const { db, counts } = counting(server.env.DB);
      const { items } = await list(db, "w", { order: "desc", limit: LIMIT, from: null, ...place }, archived);
      const all = Array.from({ length: COUNT }, (_, i) => COUNT - 1 - i);
      const expected = all.filter((n) => keeps(n) && (archived || n % LIVE === 0)).slice(0, LIMIT);
      expect(items.map((one) => one.id)).toEqual(expected.map(id));
      expect(counts.read).toBeGreaterThanOrEqual(LIMIT);
      expect(counts.read).toBeLessThanOrEqual(MAX_READS);
    });

test("the versions of one agent", async () => {
  const { db, counts } = counting(server.env.DB);
  const page = await listVersions(db, "w", id(50), { order: "desc", limit: LIMIT, from: { t: 5_000, id: id(50) } });
  expect(page?.items.map((one) => one.version)).toEqual(Array.from({ length: LIMIT }, (_, i) => 4_999 - i));
  expect(counts.read).toBeLessThanOrEqual(MAX_READS);
});
