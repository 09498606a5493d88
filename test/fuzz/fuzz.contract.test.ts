/** Fuzz, short: each day another seed. `node src/cli/run.mjs fuzz --minutes 10` goes on for longer. */
import { expect, it } from "vitest";
import { fuzz } from "./fuzz.ts";
import { KINDS } from "./plans.ts";

const DAY_MS = 86_400_000;
const ROUNDS = 120;

it("takes whatever is sent: no answer is a server error, tells of the inside, or stores half", {
  timeout: 300_000,
}, async () => {
  const { totals, problems } = await fuzz({ seed: Math.floor(Date.now() / DAY_MS), path: null, rounds: ROUNDS });
  expect(problems.join("\n")).toBe("");
  expect([...totals.kinds.keys()]).toEqual(expect.arrayContaining([...KINDS, "batch", "socket", "corpus"]));
  expect([...totals.statuses.keys()]).toEqual(expect.arrayContaining(["200", "400", "401", "404"]));
});
