/** Layer A, the short run: seeded schedules of the real session between simulated neighbours (reliability.md §3.2). */
import { afterAll, beforeAll, expect, test } from "vitest";
import { Random } from "./random.ts";

/** `npm run prove` plays ten times as many. */
const SCHEDULES = 20_000;
const PER_JOB = 500;

let stop: () => void;
beforeAll(async () => {
  stop = (await import("./globals.ts")).install();
});
afterAll(() => stop());

test("schedules of today's seeds keep every invariant", { timeout: 600_000 }, async () => {
  const { add, gaps, nothing, replay, seedOf, shrink } = await import("./seeds.ts");
  const { runJobs } = await import("./pool.ts");
  const first = seedOf(new Date());
  const jobs = Array.from({ length: SCHEDULES / PER_JOB }, (_, i) => first + i * PER_JOB);
  let sum = nothing();
  await runJobs(
    jobs.map((from) => ({ do: "seeds", from, count: PER_JOB })),
    (done) => {
      if (done.sum) sum = add(sum, done.sum);
    },
  );
  expect(sum.schedules).toBe(SCHEDULES);
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

test("a crash that leaves something of a commit that never was is told", async () => {
  const { MemorySql } = await import("./memory.ts");
  const { play } = await import("./schedule.ts");
  const { undo } = MemorySql.prototype;
  const seed = 3;
  const points = (await play({ seed, only: new Set() })).points;
  const crashAt = [points.findIndex(({ label, when }) => label === "commit.response" && when === "before")];
  expect((await play({ seed, only: new Set(), crashAt })).troubles).toEqual([]);
  MemorySql.prototype.undo = function keepAll() {
    this.keep();
  };
  try {
    const { troubles } = await play({ seed, only: new Set(), crashAt });
    expect(troubles.join()).toContain("pre-durable: ");
  } finally {
    MemorySql.prototype.undo = undo;
  }
});
