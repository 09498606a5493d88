/**
 * Ten thousand sessions in the index: every filter alone, every pair of filters, both orders, the first page and the fiftieth (the last, where there
 * are fewer), against a plain list of the same rows; and each reads about its own rows of D1, counted by D1 (reliability.md §3.8).
 */
import { beforeAll, describe, expect, test } from "vitest";
import { listCursor, listName } from "../../src/catalog/cursor.ts";
import { call, OTHER_KEY, testServer } from "../api/harness.ts";
import { counting } from "./counting.ts";

const SESSIONS = 10_000;
/** Rows of D1 that a request may read for each row of its page, and beside them. */
const READS_PER_ROW = 11;
const READS_BESIDE = 12;
/** Where the page under test lies. */
const PAGE = 50;

const server = testServer();
const START = Date.UTC(2026, 0, 1) * 1000;

interface Row {
  id: string;
  workspace: string;
  status: string;
  agent: string;
  version: number;
  at: number;
  archived: boolean;
}

/** Three share each stamp, and ids do not follow time; live sessions are few, and rescheduling ones rare. */
function rowAt(i: number): Row {
  const spread = (i * 7_919) % SESSIONS;
  const status =
    ["rescheduling", "running", "running", "running", "running"][i % 100] ?? (i % 5 < 2 ? "idle" : "terminated");
  const agent = i % 10 < 6 ? "agent_A" : i % 10 < 9 ? "agent_B" : `agent_${i % 50}`;
  return {
    id: `sesn_${String(spread).padStart(5, "0")}`,
    workspace: i % 7 === 0 ? "other" : "default",
    status,
    agent,
    version: i % 13 === 0 ? 3 : i % 3 === 0 ? 2 : 1,
    at: START + Math.floor(i / 3) * 1_000_001,
    archived: status === "terminated" && i % 4 > 0,
  };
}
const rows = Array.from({ length: SESSIONS }, (_, i) => rowAt(i));
const middle = rows[6_000] as Row;
const early = rows[1_500] as Row;
const stampOf = (row: Row) =>
  new Date(Math.floor(row.at / 1000)).toISOString().replace("Z", `${String(row.at % 1000).padStart(3, "0")}Z`);

/** A filter as sent, and which rows it lets through. `hides` tells whether the default of hiding what is over still holds. */
interface Filter {
  name: string;
  query: string;
  keeps(row: Row, beside: Filter[]): boolean;
  hides?: false;
}
const AGENT: Filter = { name: "agent_id", query: "agent_id=agent_A", keeps: (row) => row.agent === "agent_A" };
const filters: Filter[] = [
  AGENT,
  { name: "rare agent", query: "agent_id=agent_19", keeps: (row) => row.agent === "agent_19" },
  {
    name: "agent_id with agent_version",
    query: "agent_id=agent_B&agent_version=3",
    keeps: (row) => row.agent === "agent_B" && row.version === 3,
  },
  {
    name: "agent_version alone",
    query: "agent_version=2",
    // It counts only beside an agent_id.
    keeps: (row, beside) => row.version === 2 || !beside.some((filter) => filter.query.startsWith("agent_id=")),
  },
  { name: "one status", query: "statuses[]=running", keeps: (row) => row.status === "running", hides: false },
  {
    name: "rare status",
    query: "statuses[]=rescheduling",
    keeps: (row) => row.status === "rescheduling",
    hides: false,
  },
  {
    name: "two statuses",
    query: "statuses[]=idle&statuses[]=terminated&statuses[]=idle",
    keeps: (row) => row.status === "idle" || row.status === "terminated",
    hides: false,
  },
  { name: "include_archived", query: "include_archived=true", keeps: () => true, hides: false },
  { name: "created_at[gt]", query: `created_at[gt]=${stampOf(early)}`, keeps: (row) => row.at > early.at },
  { name: "created_at[gte]", query: `created_at[gte]=${stampOf(early)}`, keeps: (row) => row.at >= early.at },
  { name: "created_at[lt]", query: `created_at[lt]=${stampOf(middle)}`, keeps: (row) => row.at < middle.at },
  { name: "created_at[lte]", query: `created_at[lte]=${stampOf(middle)}`, keeps: (row) => row.at <= middle.at },
  { name: "deployment_id", query: "deployment_id=depl_1", keeps: () => false },
  { name: "memory_store_id", query: "memory_store_id=memstore_1", keeps: () => false },
];
/** Two filters that are values of one parameter cannot be sent together. */
const sameParameter = (a: Filter, b: Filter) =>
  a.query.split("&").some((one) => b.query.split("&").some((two) => one.split("=")[0] === two.split("=")[0]));

const cases: Filter[][] = [[], ...filters.map((filter) => [filter])];
for (const [i, a] of filters.entries())
  for (const b of filters.slice(i + 1)) if (!sameParameter(a, b)) cases.push([a, b]);

function expected(of: Filter[], order: "asc" | "desc"): Row[] {
  const hides = of.every((filter) => filter.hides !== false);
  const kept = rows.filter(
    (row) =>
      row.workspace === "default" &&
      (!hides || row.status !== "terminated") &&
      of.every((filter) => filter.keeps(row, of)),
  );
  kept.sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
  return order === "asc" ? kept : kept.reverse();
}

/** A list through the whole API, and the rows of D1 that its page read. */
async function list(query: string, headers = {}, { db, counts } = counted) {
  const before = counts.read;
  const answer = await call({ env: { ...server.env, DB: db } }, "GET", `/v1/sessions?${query}`, undefined, headers);
  const data = (answer.body.data ?? []) as { id: string }[];
  return {
    status: answer.status,
    ids: data.map((one) => one.id),
    read: counts.read - before,
    next: answer.body.next_page as string | null,
    prev: answer.body.prev_page as string | null,
  };
}

const SESSIONS_LIST = listName("sessions", "default");
/** The statements of pages alone. */
const PAGES = /\bsessions r\b/;
/** One for the file: the API asks once of each database what it remembers. */
let counted: ReturnType<typeof counting>;
beforeAll(async () => {
  const { DB } = server.env;
  await DB.prepare("INSERT INTO agent_snapshots VALUES ('sha', '{}')").run();
  const insert = DB.prepare(
    `INSERT INTO sessions SELECT r.value ->> 'id', r.value ->> 'workspace', r.value ->> 'status', r.value ->> 'agent', r.value ->> 'version', 'sha',
       'env', 't', NULL, '{}', '{}', r.value ->> 'at', r.value ->> 'at', iif(r.value ->> 'archived', r.value ->> 'at', NULL), 1, 10, 'c', NULL, 'd', 0, NULL
     FROM json_each(?1) r`,
  );
  for (let i = 0; i < SESSIONS; i += 2_500) await insert.bind(JSON.stringify(rows.slice(i, i + 2_500))).run();
  counted = counting(DB, PAGES);
});

describe.each(["asc", "desc"] as const)("order=%s", (order) => {
  test.each(cases.map((of) => [of.map((filter) => filter.name).join(" and ") || "no filter", of] as const))(
    "%s",
    async (_, of) => {
      const found = expected(of, order);
      const limit = Math.max(1, Math.min(20, Math.floor(found.length / PAGE)));
      const query = [`order=${order}`, `limit=${limit}`, ...of.map((filter) => filter.query)].join("&");
      const bound = READS_BESIDE + READS_PER_ROW * limit;

      const first = await list(query);
      expect(first.ids).toEqual(found.slice(0, limit).map((row) => row.id));
      expect([first.prev, first.next === null]).toEqual([null, found.length <= limit]);
      expect(first.read).toBeLessThanOrEqual(bound);

      const skipped = Math.min((PAGE - 1) * limit, found.length - 1);
      const before = found[skipped - 1];
      if (!before) return;
      const cursor = listCursor(SESSIONS_LIST, order, { t: before.at, id: before.id });
      const deep = await list(`${query}&page=${cursor}`);
      expect(deep.ids).toEqual(found.slice(skipped, skipped + limit).map((row) => row.id));
      expect(deep.next === null).toBe(found.length <= skipped + limit);
      expect(deep.read).toBeLessThanOrEqual(bound);

      const back = await list(`${query}&page=${deep.prev}`);
      expect(back.ids).toEqual(found.slice(Math.max(0, skipped - limit), skipped).map((row) => row.id));
      expect(back.prev === null).toBe(skipped <= limit);
      expect(back.read).toBeLessThanOrEqual(bound);
    },
  );
});

test("fifty pages forward and back again hold the same sessions", async () => {
  const found = expected([], "desc").map((row) => row.id);
  const walked: string[] = [];
  let page = await list("limit=20");
  for (let i = 1; i < PAGE; i++) {
    walked.push(...page.ids);
    page = await list(`limit=20&page=${page.next}`);
  }
  expect(walked).toEqual(found.slice(0, (PAGE - 1) * 20));
  const returned: string[] = [];
  while (page.prev !== null) {
    page = await list(`limit=20&page=${page.prev}`);
    returned.unshift(...page.ids);
  }
  expect(returned).toEqual(walked);
}, 30_000);

test("another workspace has its own sessions, and its cursors are not ours", async () => {
  const mine = expected([], "desc").map((row) => row.id);
  const theirs = await list("limit=100", { "x-api-key": OTHER_KEY });
  expect(theirs.ids).toHaveLength(100);
  expect(theirs.ids.filter((id) => mine.includes(id))).toEqual([]);
  expect((await list(`limit=100&page=${theirs.next}`, { "x-api-key": OTHER_KEY })).ids).toHaveLength(100);
  expect((await list(`limit=100&page=${theirs.next}`)).status).toBe(400);
});

test("a list that is read without its index shows in the count", async () => {
  const { DB } = server.env;
  const query = `limit=20&${AGENT.query}&statuses[]=rescheduling`;
  const bound = READS_BESIDE + READS_PER_ROW * 20;
  expect((await list(query)).read).toBeLessThanOrEqual(bound);
  const unindexed = {
    prepare: (sql: string) => DB.prepare(sql.replaceAll(/INDEXED BY \w+ WHERE /g, "WHERE +")),
    batch: (list: D1PreparedStatement[]) => DB.batch(list),
  };
  expect((await list(query, {}, counting(unindexed as D1Database, PAGES))).read).toBeGreaterThan(SESSIONS);
});
