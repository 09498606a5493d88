/** Layer D in short: a few rounds of SIGKILL on a few sessions. `npm run prove:kill` is the long form. */
import { expect, it } from "vitest";
import { prove } from "./prove.ts";
import { OUTSIDE } from "./tally.ts";
import { KINDS } from "./target.ts";

/** Interrupts are too rare for a short run to rely on. */
const RARE = "I22";
/** Fewer than the long form's, and no half minute of darkness: the lonely session shows that an alarm is enough. */
const SHORT = { rounds: KINDS.length, sessions: 4, clients: 4, blockRounds: KINDS.length, dark: false };
const DAY_MS = 86_400_000;

it("survives SIGKILL under load", { timeout: 180_000 }, async () => {
  const seed = Math.floor(Date.now() / DAY_MS);
  const lines: string[] = [`seed ${seed}`];
  const { tally, evaluations, violations } = await prove({ ...SHORT, seed, say: (line) => lines.push(line) });
  expect(violations, lines.join("\n")).toEqual([]);
  expect(evaluations.never.filter((id) => OUTSIDE.includes(id) && id !== RARE)).toEqual([]);
  expect(tally.events).toMatchObject({ lost: 0, doubled: 0 });
  expect(tally.tools).toMatchObject({ most: 1, unknown: 0 });
  expect(tally.rounds.progress + tally.rounds.none).toBe(SHORT.rounds);
  expect(KINDS.filter((kind) => tally.kills[kind] !== 1)).toEqual([]);
});
