/** Layer A: seeded schedules of faults over the real session, on every core, and the checker shown one defect per invariant. */
import { availableParallelism } from "node:os";
import { type Teeth, teeth } from "../checker/teeth.ts";
import { install } from "../sim/globals.ts";
import { type Job, runJobs } from "../sim/pool.ts";
import { play } from "../sim/schedule.ts";
import { add, gaps, nothing, replay, type Sum, shrink } from "../sim/seeds.ts";
import { type Layer, pairs, type Report, type Request, sum, whole } from "./layer.ts";

const CHUNK = 500;
const TOLD_EVERY = 20;
/** Failures told in full. */
const SHOWN = 5;
/** Quiet schedules that the defects are put into. */
const DUMPS = 60;

export const SCHEDULES: Layer = { name: "A: seeded schedules", run: schedules };

async function schedules({ seed, schedules: count, say }: Request): Promise<Report> {
  let all = nothing();
  const jobs: Job[] = [];
  for (let at = 0; at < count; at += CHUNK)
    jobs.push({ do: "seeds", from: seed + at, count: Math.min(CHUNK, count - at) });
  const began = performance.now();
  await runJobs(jobs, ({ sum: part }) => {
    if (part) all = add(all, part);
    if (all.schedules % (CHUNK * TOLD_EVERY) === 0)
      say(`  ${whole(all.schedules)} of ${whole(count)} schedules, ${all.failures.length} failed`);
  });
  const perSecond = all.schedules / ((performance.now() - began) / 1000);
  const failures = gaps(all);
  for (const { seed: failed, violations } of all.failures.slice(0, SHOWN))
    failures.push(await shrunk(failed, violations));
  if (all.failures.length > SHOWN) failures.push(`and ${all.failures.length - SHOWN} more seeds`);
  const bite = await bites();
  return { ...told(all, seed, perSecond, bite), failures: [...failures, ...bite.missed] };
}

function told(all: Sum, seed: number, perSecond: number, { caught, defects }: Teeth): Omit<Report, "failures"> {
  const cores = Math.min(availableParallelism(), Math.ceil(all.schedules / CHUNK));
  const speed = `${whole(perSecond)} a second, ${whole(perSecond / cores)} per core`;
  const kinds = Object.entries(all.faults).sort(([, a], [, b]) => a - b);
  const [rarest, least] = kinds[0] ?? ["none", 0];
  const requests = `${whole(all.bodies)}, of which ${whole(all.repeated)} repeated after a crash or an interrupt (at least once)`;
  return {
    schedules: all.schedules,
    lines: [
      `${whole(all.schedules)} schedules from seed ${seed}, ${speed}; ${all.failures.length} with a violation`,
      `faults delivered: ${pairs(all.faults)}`,
      `equal messages one after the other: ${whole(all.equal)}`,
      `invariants evaluated: ${pairs(all.evaluated)}`,
      `invariants that caught their own defects: ${caught.join(" ")}, ${defects} defects in all`,
      `model requests: ${requests}`,
      `results that say the outcome is unknown: ${whole(all.unknown)}; retries recognised: ${whole(all.suppressed)}`,
    ],
    rows: [
      ["seeded schedules", `${whole(all.schedules)} from seed ${seed}; ${speed}`],
      [
        "faults delivered",
        `${whole(sum(all.faults))} of ${kinds.length} kinds, the rarest (\`${rarest}\`) ${whole(least)} times`,
      ],
      [
        "invariants evaluated",
        `I1–I${Object.keys(all.evaluated).length}, ${whole(sum(all.evaluated))} times; ${caught.length} caught ${defects} seeded defects of their own`,
      ],
      ["model requests in them", requests],
      ["outcomes that nobody can know", `${whole(all.unknown)}; the log says so at each`],
    ],
    details: ["Faults delivered, by kind", pairs(all.faults)],
  };
}

async function shrunk(seed: number, violations: string[]): Promise<string> {
  const restore = install();
  try {
    const { choice, trace } = await shrink(seed);
    return [
      `seed ${seed}: ${violations.join("; ")}`,
      ...trace.map((line) => `    ${line}`),
      `    ${replay(choice)}`,
    ].join("\n");
  } finally {
    restore();
  }
}

async function bites(): Promise<Teeth> {
  const restore = install();
  try {
    const good = [];
    for (let seed = 1; seed <= DUMPS; seed++) good.push((await play({ seed, only: new Set() })).dump);
    return teeth(good);
  } finally {
    restore();
  }
}
