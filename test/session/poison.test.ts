/**
 * Any row of a session torn at any moment of its life: it reads on or ends its turn and says so; nothing is asked, run or woken for ever; and its
 * owner can delete it (reliability.md C33).
 */
import { expect, test } from "vitest";
import type { SessionPatch } from "../../src/session/rpc.ts";
import { DONE, draft, type Hand, handled, said, toolUse } from "../story/by-hand.ts";

const { open } = handled();

const TORN = '{"torn":';
/** Of all moments, places and what comes next, every so many-th is tried: a prime, so that each of them is. */
const EVERY = 29;
/** Attempts of a request, and one more for the queue. */
const MOST_REQUESTS = 6;
const MOST_ALARMS = 30;

const note = { type: "custom", name: "note", description: "Takes a note.", input_schema: { type: "object" } } as const;

/** A life with a failed request, parallel calls, an answer that comes early, a queue, changed tools and a confirmation, up to its n-th step. */
async function life(steps: number): Promise<Hand> {
  const calls = [toolUse("bash", "t1"), toolUse("ask_user", "t2"), toolUse("ask_user", "t3")];
  const hand = await open([
    DONE,
    { how: "refused", kind: "overloaded" },
    { how: "complete", blocks: calls.flatMap((call) => call.blocks) },
    toolUse("write", "t4"),
    DONE,
  ]);
  const patch: SessionPatch = { title: "t", agent: { tools: [...hand.world.init.agent.tools, note] } };
  const answer = async (i: number) => {
    const id = hand.rows("agent.custom_tool_use")[i]?.id;
    if (id) await hand.post([draft("user.custom_tool_result", { custom_tool_use_id: id, is_error: false }, "42")]);
  };
  const confirm = async () => {
    const id = hand.rows("agent.tool_use").at(-1)?.id;
    if (id) await hand.post([draft("user.tool_confirmation", { tool_use_id: id, result: "allow" })]);
  };
  const all: (() => Promise<unknown>)[] = [
    () => hand.create([said("one")]),
    () => hand.flow(2),
    () => hand.flow(6),
    () => hand.call((session) => session.update("default", patch)),
    () => hand.post([said("two")]),
    () => hand.flow(3),
    () => hand.post([said("queued")]),
    () => hand.alarms(2),
    () => hand.flow(1),
    () => answer(1),
    () => hand.flow(2),
    () => answer(0),
    () => hand.flow(3),
    confirm,
    () => hand.flow(2),
    () => hand.flow(6),
  ];
  for (const step of all.slice(0, steps)) await step();
  return hand;
}
const STEPS = 16;

interface Case {
  steps: number;
  /** The statement that tears the row. */
  tear: string;
  dies: "no" | "with its snapshot" | "without";
  then: "alarms" | "user.interrupt" | "user.message";
}

async function cases(): Promise<Case[]> {
  const all: Case[] = [];
  for (let steps = 1; steps <= STEPS; steps++) {
    const hand = await life(steps);
    const rows = hand
      .rows()
      .flatMap(({ seq }) => ["body", "note", "content", "wire"].map((column) => ["events", column, `seq = ${seq}`]));
    const waiting = hand.world.cell.sql.rows("inbox").map(({ n }) => ["inbox", "body", `n = ${n}`]);
    for (const [table, column, where] of [...rows, ...waiting]) {
      const tear = `UPDATE ${table} SET ${column} = ? WHERE ${where}`;
      for (const dies of ["no", "with its snapshot", "without"] as const)
        for (const then of ["alarms", "user.interrupt", "user.message"] as const) all.push({ steps, tear, dies, then });
    }
  }
  return all;
}

/** What is wrong with how the session takes it; `closed`: whether it could not be opened any more. */
async function outcome({ steps, tear, dies, then }: Case): Promise<{ wrong: string[]; closed: boolean }> {
  const hand = await life(steps);
  hand.sql(tear, TORN);
  if (dies === "without") hand.sql("DELETE FROM snap");
  if (dies !== "no") hand.world.end("crash");
  const before = hand.world.model.bodies.length;
  const answer =
    then === "alarms" ? { ok: true } : await hand.post([then === "user.message" ? said("more") : draft(then)]);
  await hand.flow(6);
  const { fired } = await hand.alarms(MOST_ALARMS);
  await hand.flow(6);
  const wrong: string[] = [];
  if (answer === null) wrong.push("no answer");
  if (hand.status() !== "idle") wrong.push(`is ${hand.status()}`);
  if (fired >= MOST_ALARMS) wrong.push("is woken for ever");
  if (hand.world.model.bodies.length - before > MOST_REQUESTS) wrong.push("asks the model for ever");
  await hand.post([draft("user.interrupt")]);
  await hand.flow(6);
  const removed = await hand.call((session) => session.remove("default"));
  if (!removed?.ok || hand.world.cell.sql.tables.length > 0) wrong.push("cannot be deleted");
  return { wrong, closed: hand.world.lines.some((line) => line.includes('"event":"closed"')) };
}

test("a torn row never wedges its session", { timeout: 60_000 }, async () => {
  const all = await cases();
  const tried = all.filter((_, i) => i % EVERY === 0);
  const found: string[] = [];
  let closed = 0;
  for (const one of tried) {
    const { wrong, closed: shut } = await outcome(one);
    if (shut) closed += 1;
    found.push(...wrong.map((what) => `${what}: ${JSON.stringify(one)}`));
  }
  expect(found).toEqual([]);
  // The control: the damage is met, and is no more than a matter of some rows.
  expect(tried.length).toBeGreaterThan(300);
  expect(closed).toBeGreaterThan(tried.length / 20);
  expect(closed).toBeLessThan(tried.length / 2);
});
