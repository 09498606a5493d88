/** The simulator as a test of mutants: the same schedules each time. */
import { expect, test } from "vitest";
import { install } from "../sim/globals.ts";
import { runSeeds } from "../sim/seeds.ts";

const SCHEDULES = 400;

test("simulated schedules keep every invariant", async () => {
  const stop = install();
  try {
    for (let first = 1; first <= SCHEDULES; first += 25) {
      const { failures } = await runSeeds(first, 25);
      expect(failures.slice(0, 1)).toEqual([]);
    }
  } finally {
    stop();
  }
});
