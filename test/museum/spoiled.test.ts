/** A row of a valid log that is broken, gone or of a kind that nobody knows: the session reads on, or it alone fails and says so. */
import { expect, test } from "vitest";
import { Corrupted } from "../../src/log/rows.ts";
import type { SqlRow } from "../../src/log/sql.ts";
import { count } from "../support/counts.ts";
import { text } from "../support/open-session.ts";
import { SCENARIOS } from "./scenarios.ts";
import { StrictSession } from "./strict-session.ts";
import { openTables, type Tables, tablesOf } from "./tables.ts";

const SPOILS: Record<string, (row: SqlRow) => SqlRow[]> = {
  "a broken body": (row) => [{ ...row, body: '{"torn":' }],
  "a broken note": (row) => [{ ...row, note: '{"torn":' }],
  "a body of another shape": (row) => [{ ...row, body: "[]" }],
  "a missing row": () => [],
  "a type of another build": (row) => [{ ...row, type: "agent.of_a_later_year" }],
  "an internal type of another build": (row) => [{ ...row, thread: -1, type: "x.of_a_later_year" }],
};
/** How a session may end that was given a spoiled log and one more message. */
const ENDS = ["reads on", "closed at boot", "says where it is damaged", "says what the provider refused"] as const;

async function ending(tables: Tables): Promise<(typeof ENDS)[number]> {
  const answers = Array.from({ length: 20 }, () => ({ blocks: [text("done")] }));
  let session: StrictSession;
  try {
    session = new StrictSession(answers, openTables(tables));
  } catch (error) {
    if (error instanceof Corrupted) return "closed at boot";
    throw error;
  }
  session.micros += 3_600_000_000;
  session.say("and now");
  await session.settle();
  if (session.log.state.stop?.type === "end_turn") return "reads on";
  const said = session.errors().at(-1) ?? "";
  if (said.includes("damaged at event")) return "says where it is damaged";
  if (said.startsWith("I10")) return "says what the provider refused";
  throw new Error(`ends as ${JSON.stringify(session.log.state.stop)}: ${said}`);
}

/** Each row of three logs spoiled alone, with and without the snapshot that hides it from the boot. */
async function endings(spoil: (row: SqlRow) => SqlRow[]): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const scenario of ["tools", "ask", "queue"]) {
    const tables = tablesOf((await (SCENARIOS[scenario] as () => Promise<StrictSession>)()).sql);
    for (const row of tables.events) {
      const events = tables.events.flatMap((one) => (one === row ? spoil(one) : [one]));
      for (const snap of [tables.snap, []]) {
        const end = await ending({ ...tables, events, snap });
        counts.set(end, (counts.get(end) ?? 0) + 1);
      }
    }
  }
  return counts;
}

test.each(Object.entries(SPOILS))(
  "%s harms nobody but its session, which reads on or says so",
  { timeout: 60_000 },
  async (name, spoil) => {
    const counts = await endings(spoil);
    const total = [...counts.values()].reduce((sum, one) => sum + one, 0);
    expect(total).toBeGreaterThan(150);
    count({ spoiled: total });
    expect(counts.get("reads on")).toBeGreaterThan(total / 2);
    // Not every row matters to every kind of damage, but each kind matters somewhere.
    const harmed =
      name.startsWith("a broken") || name.startsWith("a body")
        ? "says where it is damaged"
        : "says what the provider refused";
    expect(counts.get(harmed)).toBeGreaterThan(0);
    expect(counts.has("closed at boot")).toBe(harmed === "says where it is damaged");
  },
);

test("a snapshot of another build is not read, and its session is what its rows say", async () => {
  const tables = tablesOf((await (SCENARIOS.custom as () => Promise<StrictSession>)()).sql);
  const other = (state: unknown) => JSON.stringify({ ...JSON.parse(String(state)), lastMessageId: "another" });
  const stale = tables.snap.map((row): SqlRow => ({ ...row, state: other(row.state) }));
  const open = (snap: SqlRow[]) => new StrictSession([], openTables({ ...tables, snap })).log.state;
  const whole = open([]);
  expect(open(tables.snap)).toEqual(whole);
  expect(open(stale.map((row) => ({ ...row, version: Number(row.version) - 1 })))).toEqual(whole);
  expect(open(stale.map((row) => ({ ...row, version: Number(row.version) + 1 })))).toEqual(whole);
  // The control: with its own version it would be believed.
  expect(open(stale)).not.toEqual(whole);
});

test("a snapshot that is no JSON is not believed either", async () => {
  const tables = tablesOf((await (SCENARIOS.plain as () => Promise<StrictSession>)()).sql);
  const whole = new StrictSession([], openTables({ ...tables, snap: [] })).log.state;
  for (const state of ["", '{"seq":', "[]", "null", "7"]) {
    const spoiled = { ...tables, snap: tables.snap.map((row) => ({ ...row, state })) };
    expect(new StrictSession([], openTables(spoiled)).log.state, state).toEqual(whole);
  }
});
