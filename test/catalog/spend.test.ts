import { expect, test } from "vitest";
import { pruneSpend, spendStatements } from "../../src/catalog/spend.ts";
import { standingFrom, standingStatement, verdictOn } from "../../src/catalog/standing.ts";
import { DAY_MICROS } from "../../src/log/days.ts";
import { initialState } from "../../src/log/state.ts";
import { spendOf } from "../../src/session/deliveries.ts";
import { testServer } from "../api/harness.ts";

const DAY = 20_000;
const server = testServer();
const tell = (session: string, units: number, more: { workspace?: string; day?: number } = {}) =>
  server.env.DB.batch(
    spendStatements(server.env.DB, more.workspace ?? "team", session, [{ day: more.day ?? DAY, units }]),
  );
const written = (results: D1Result[]) => results.reduce((sum, { meta }) => sum + meta.rows_written, 0);
const spent = async (workspace = "team", day = DAY) =>
  standingFrom(await standingStatement(server.env.DB, workspace, day).first(), day)?.spent;

test("what is told again, late or out of order adds nothing; what is new is added once", async () => {
  await tell("one", 100);
  await tell("one", 100);
  await tell("one", 40);
  expect(await spent()).toBe(100);
  await tell("two", 7);
  await tell("one", 250);
  expect(await spent()).toBe(257);
  expect(written(await tell("one", 250))).toBe(0);
  expect(written(await tell("three", 0))).toBe(0);
  await Promise.all(Array.from({ length: 20 }, () => tell("four", 1_000)));
  expect(await spent()).toBe(1_257);
});

test("days and workspaces have sums of their own, which stay when the parts are forgotten", async () => {
  await tell("five", 5, { workspace: "lone" });
  await tell("five", 6, { workspace: "lone", day: DAY - 30 });
  expect([await spent("lone"), await spent("lone", DAY - 30), await spent("nobody")]).toEqual([5, 6, 0]);
  await pruneSpend(server.env.DB, DAY);
  const parts = await server.env.DB.prepare("SELECT day FROM session_spend WHERE session = 'five'").all();
  expect(parts.results).toEqual([{ day: DAY }]);
  expect([await spent("lone"), await spent("lone", DAY - 30)]).toEqual([5, 6]);
});

test("a session that wakes after its part was forgotten does not count its old day again", async () => {
  const days = [{ day: DAY, cost: 9, activeMicros: 0 }];
  const wakes = (day: number) =>
    spendStatements(server.env.DB, "sleepy", "six", spendOf({ ...initialState(), days }, day * DAY_MICROS));
  await server.env.DB.batch(wakes(DAY));
  for (const later of [1, 6]) {
    await pruneSpend(server.env.DB, DAY + later);
    await server.env.DB.batch(wakes(DAY + later));
    expect(await spent("sleepy")).toBe(9);
  }
  await pruneSpend(server.env.DB, DAY + 8);
  expect(wakes(DAY + 8)).toEqual([]);
  // What telling it would have done.
  await tell("six", 9, { workspace: "sleepy" });
  expect(await spent("sleepy")).toBe(18);
});

test("the limit is reached at its last unit, for its own day, and a stop comes before it", () => {
  const standing = {
    stop: null,
    revoked: new Set<string>(),
    limits: { running: null, cents: 3 },
    running: 0,
    spent: 300,
    day: DAY,
  };
  expect(verdictOn(standing, DAY, 100)).toEqual({ kind: "spent", cents: 3, day: DAY });
  expect(verdictOn({ ...standing, spent: 299 }, DAY, 100)).toBeNull();
  expect(verdictOn(standing, DAY + 1, 100)).toBeNull();
  expect(verdictOn({ ...standing, limits: { running: null, cents: null } }, DAY, 100)).toBeNull();
  expect(verdictOn({ ...standing, spent: 0, limits: { running: null, cents: 0 } }, DAY, 100)?.kind).toBe("spent");
  const stop = { workspace: "*", reason: "drill" };
  expect(verdictOn({ ...standing, stop }, DAY, 100)).toEqual({ kind: "stopped", stop });
});
