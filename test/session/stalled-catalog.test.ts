/** A catalog that takes what it is told and never answers: nothing else of the session waits for that. */
import { expect, test } from "vitest";
import { waiting } from "../sim/records.ts";
import { DONE, type Hand, handled, said, toolUse } from "../story/by-hand.ts";

const { open } = handled();
const never = () => new Promise<never>(() => {});

function stalled() {
  let pushes = 0;
  const statement = { first: never, run: never, all: never };
  const batch = () => {
    pushes += 1;
    return never();
  };
  const db = { prepare: () => ({ bind: () => statement, ...statement }), batch } as unknown as D1Database;
  return { db, pushes: () => pushes };
}

/** The next alarm goes off when it is due; no answer is waited for. False: none is set, or one has not ended. */
async function alarm(hand: Hand, steps = 8): Promise<boolean> {
  const { world } = hand;
  const { due } = world.alarms;
  if (due === null) return false;
  world.now = Math.max(world.now, due);
  void world.through(world.alarms.fire());
  await hand.flow(steps);
  return true;
}

test("a model request is tried again when it is due", async () => {
  const { db, pushes } = stalled();
  const refusal = { how: "refused", kind: "overloaded" } as const;
  const hand = await open([refusal, refusal, refusal, DONE], undefined, {}, db);
  await hand.create([said("go")]);
  await hand.flow();
  const late: number[] = [];
  while (hand.status() === "rescheduling") {
    const due = waiting(hand.world.cell.sql).retry as number;
    const asked = hand.world.model.bodies.length;
    while (hand.world.model.bodies.length === asked) expect(await alarm(hand)).toBe(true);
    late.push(hand.world.now - due);
  }
  expect(hand.status()).toBe("idle");
  expect(late).toHaveLength(3);
  for (const ms of late) expect(ms).toBeLessThanOrEqual(1_000);
  expect(pushes()).toBeGreaterThan(0);
});

test("the watchdog of a running turn takes up what an instance left", async () => {
  const { db } = stalled();
  const hand = await open([toolUse("bash"), DONE], undefined, {}, db);
  await hand.create([said("go")]);
  await hand.flow(1);
  const turn = waiting(hand.world.cell.sql).turn as number;
  // The first alarm is the catalog's, and its push never ends.
  while (hand.world.now < turn && (await alarm(hand, 0)));
  expect(hand.world.now).toBeGreaterThanOrEqual(turn);
  expect(waiting(hand.world.cell.sql).turn).toBeGreaterThan(turn);
});
