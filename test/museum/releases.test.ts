/** Logs that other builds wrote: those of past releases, kept as files, and of a pretended next one (reliability.md C23). */
import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { eventPage } from "../../src/log/list.ts";
import { TooNew } from "../../src/log/log.ts";
import { eventText } from "../../src/log/rows.ts";
import { SCHEMA_VERSION } from "../../src/log/schema.ts";
import type { SqlRow } from "../../src/log/sql.ts";
import { count } from "../support/counts.ts";
import { text } from "../support/open-session.ts";
import { SCENARIOS } from "./scenarios.ts";
import { StrictSession } from "./strict-session.ts";
import { fromJson, openTables, type Tables, tablesOf } from "./tables.ts";

const folder = resolve(import.meta.dirname, "releases");
const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".json"));
const done = () => Array.from({ length: 10 }, () => ({ blocks: [text("done")] }));

/** Boots, lets the session come to rest, answers what it asks and says one more thing. */
async function goOn(tables: Tables): Promise<StrictSession> {
  const session = new StrictSession(done(), openTables(tables));
  session.micros += 3_600_000_000;
  await session.settle();
  for (let i = 0; i < 3 && session.log.state.stop?.type === "requires_action"; i++) {
    session.answer();
    await session.settle();
  }
  session.say("and now");
  await session.settle();
  return session;
}

test("every release has its logs", () => {
  expect(files.length).toBeGreaterThanOrEqual(16);
});

test.each(files)("the log %s is read on", async (file) => {
  const tables = fromJson(readFileSync(resolve(folder, file), "utf8"));
  const session = await goOn(tables);
  count({ releases: 1 });
  expect(session.log.state.stop).toEqual({ type: "end_turn" });
  expect(session.refused()).toEqual([]);
  expect(session.violations("I1", "I2", "I3")).toEqual([]);
  // What was stored is listed as it was stored, and first.
  const before = tables.events.filter((row) => row.thread === 0).map((row) => row.id);
  expect(
    session
      .rows()
      .slice(0, before.length)
      .map((row) => row.id),
  ).toEqual(before);
});

/** Rows that a build of tomorrow may have written in the middle of a log: internal ones, public ones, fields and notes nobody knows yet. */
function ofTheNext(tables: Tables): Tables {
  const events: SqlRow[] = [];
  let seq = 0;
  const add = (row: SqlRow) => events.push({ ...row, seq: ++seq, ts: 1_700_000_000_000_000 + seq });
  for (const row of tables.events.toSorted((a, b) => Number(a.seq) - Number(b.seq))) {
    add({ ...row, body: JSON.stringify({ ...JSON.parse(String(row.body)), field_of_tomorrow: [1] }) });
    const next = { n: null, origin: null, cred: null, note: null, wire: null, epoch: row.epoch as number };
    if (row.type === "agent.message" || row.type === "session.status_running") {
      add({
        ...next,
        thread: -1,
        id: `sevt_x${seq}`,
        type: "x.of_tomorrow",
        body: '{"any":{"thing":1}}',
        content: null,
      });
      const content = '[{"type":"hologram","beams":3}]';
      add({ ...next, thread: 0, id: `sevt_p${seq}`, type: "agent.of_tomorrow", body: '{"mood":"fine"}', content });
    }
  }
  return { ...tables, events, snap: [] };
}

test.each(["plain", "tools", "ask", "queue"])(
  "rows of the next release in the log of %s are passed over and listed as stored",
  async (name) => {
    const tables = ofTheNext(tablesOf((await (SCENARIOS[name] as () => Promise<StrictSession>)()).sql));
    const session = await goOn(tables);
    expect(session.log.state.stop).toEqual({ type: "end_turn" });
    expect(session.refused()).toEqual([]);
    expect(session.violations("I2", "I3")).toEqual([]);
    const query = { thread: 0, order: "asc", limit: 1000, after: null, types: null } as const;
    const listed = eventPage(session.sql, query).rows.map((row) => JSON.parse(eventText(row)));
    const foreign = listed.filter((event) => event.type === "agent.of_tomorrow");
    expect(foreign.length).toBeGreaterThan(1);
    expect(foreign[0]).toMatchObject({ mood: "fine", content: [{ type: "hologram", beams: 3 }] });
    expect(listed.some((event) => event.type === "x.of_tomorrow")).toBe(false);
    expect(session.bodies.join()).not.toContain("hologram");
  },
);

test("a log that asks for a newer reader is closed to this build, untouched, and opens again for one that may", async () => {
  const whole = tablesOf((await (SCENARIOS.plain as () => Promise<StrictSession>)()).sql);
  const meta = whole.meta.map((row) => ({ ...row, min_reader: SCHEMA_VERSION + 1, status: "running" }));
  const sql = openTables({ ...whole, meta });
  expect(() => new StrictSession([], sql)).toThrow(TooNew);
  expect(tablesOf(sql)).toEqual({ ...whole, meta });
  sql.exec("UPDATE meta SET min_reader = ?, status = 'idle'", SCHEMA_VERSION);
  expect(new StrictSession([], sql).log.state.stop).toEqual({ type: "end_turn" });
});
