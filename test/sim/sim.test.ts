/** Layer A, the short run: seeded schedules of the real session between simulated neighbours (reliability.md §3.2). */
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { Random } from "./random.ts";

// The platform's base class is two fields.
vi.mock("cloudflare:workers", () => ({
  DurableObject: class {
    ctx: unknown;
    env: unknown;
    constructor(ctx: unknown, env: unknown) {
      this.ctx = ctx;
      this.env = env;
    }
  },
}));

/** As many as fit in about ten seconds of one busy core; `npm run prove` plays 200,000. */
const SCHEDULES = 2_000;

let stop: () => void;
beforeAll(async () => {
  stop = (await import("./globals.ts")).install();
});
afterAll(() => stop());

test("schedules of today's seeds keep every invariant", { timeout: 120_000 }, async () => {
  const { gaps, replay, runSeeds, seedOf, shrink } = await import("./seeds.ts");
  const first = seedOf(new Date());
  const sum = await runSeeds(first, SCHEDULES);
  const failure = sum.failures[0];
  if (failure) {
    const { choice, violations, trace } = await shrink(failure.seed);
    expect.fail(
      `${sum.failures.length} of ${SCHEDULES} schedules failed, the first is seed ${failure.seed}:\n${violations.join("\n")}\n\n${trace.join("\n")}\n\n${replay(choice)}`,
    );
  }
  expect(gaps(sum), `seeds from ${first}`).toEqual([]);
});

test("a seed gives the same schedule for ever", async () => {
  const { play } = await import("./schedule.ts");
  const seed = new Random(7).below(1e6);
  const [once, twice] = [await play({ seed, trace: true }), await play({ seed, trace: true })];
  expect(twice.trace).toEqual(once.trace);
  expect(twice.dump).toEqual(once.dump);
});

test("a schedule without its faults is another one of the same seed", async () => {
  const { play } = await import("./schedule.ts");
  const seeds = Array.from({ length: 20 }, (_, i) => i + 1);
  const all = await Promise.resolve(seeds).then(async (list) => {
    const played = [];
    for (const seed of list) played.push(await play({ seed, only: new Set() }));
    return played;
  });
  expect(all.flatMap((played) => played.faults)).toEqual([]);
  expect(all.every((played) => played.dump.quiet)).toBe(true);
});
