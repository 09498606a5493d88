/** An alarm that an instance set which could not open the session: the next one that can does not wait for it (reliability.md C17). */
import { expect, test } from "vitest";
import { waiting } from "../sim/records.ts";
import { DONE, handled, said } from "../story/by-hand.ts";

const { open } = handled();

/** Rests, with the catalog still to be told; its alarm has just gone off in an instance that could not read it. */
async function leftLate() {
  const fault = { armed: false };
  const hand = await open([DONE], (query) => {
    if (!fault.armed || !query.startsWith("SELECT k, seq, version, state FROM snap")) return;
    fault.armed = false;
    throw new Error("SQLITE_IOERR: disk I/O error");
  });
  await hand.create([said("go")]);
  await hand.flow();
  const { world } = hand;
  const due = waiting(world.cell.sql).index as number;
  world.end("crash");
  fault.armed = true;
  await world.through(world.alarms.fire());
  expect(world.cell.alarm).toBeGreaterThan(due + 30_000);
  return { hand, due };
}

test("it is set to what is due, by the next instance", async () => {
  const { hand, due } = await leftLate();
  await hand.timers();
  hand.world.life = null;
  await hand.call((session) => session.getSession("default"));
  await hand.flow();
  expect(hand.world.cell.alarm).toBeLessThanOrEqual(Math.max(due, hand.world.now + 1_000));
});

test("one that is due already is not put off by requests", async () => {
  const { hand } = await leftLate();
  await hand.timers();
  hand.world.life = null;
  hand.world.now += 10_000;
  await hand.call((session) => session.getSession("default"));
  await hand.flow();
  const first = hand.world.cell.alarm as number;
  expect(first).toBeLessThanOrEqual(hand.world.now + 1_000);
  for (let i = 0; i < 3; i++) {
    hand.world.now += 300;
    await hand.call((session) => session.getSession("default"));
    await hand.flow();
  }
  expect(hand.world.cell.alarm).toBe(first);
});
