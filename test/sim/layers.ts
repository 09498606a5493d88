/** What `npm run prove` runs. A layer that is added here is run, timed and counted with the others. */

import { mutants } from "../mutants/layer.ts";
import { type Boundaries, type Line, noBoundaries, uncovered } from "./boundary.ts";
import { install } from "./globals.ts";
import { type Job, runJobs } from "./pool.ts";
import { add, gaps, nothing, replay, shrink } from "./seeds.ts";
import { stories } from "./stories.ts";

export interface Request {
  /** The first seed. */
  seed: number;
  schedules: number;
  say(line: string): void;
}

export interface Report {
  /** Lines of the table and the counts. */
  lines: string[];
  /** Empty: proven. */
  failures: string[];
}

export interface Layer {
  name: string;
  run(request: Request): Promise<Report>;
}

const CHUNK = 500;
/** Scenarios of layer B: as many seeds without faults of their own. */
const SCENARIOS = 300;
/** The first of them are crashed at twice, too, if they have few points. */
const TWICE = 30;
const PER_JOB = 5;
/** Failures told in full. */
const SHOWN = 5;

async function schedules({ seed, schedules: count, say }: Request): Promise<Report> {
  let sum = nothing();
  const jobs: Job[] = [];
  for (let at = 0; at < count; at += CHUNK)
    jobs.push({ do: "seeds", from: seed + at, count: Math.min(CHUNK, count - at) });
  const began = performance.now();
  await runJobs(jobs, ({ sum: part }) => {
    if (part) sum = add(sum, part);
    if (sum.schedules % (CHUNK * 20) === 0) say(`  ${sum.schedules} schedules, ${sum.failures.length} failed`);
  });
  const perSecond = Math.round(sum.schedules / ((performance.now() - began) / 1000));
  const failures = [...gaps(sum)];
  for (const { seed: failed, violations } of sum.failures.slice(0, SHOWN))
    failures.push(await shrunk(failed, violations));
  if (sum.failures.length > SHOWN) failures.push(`and ${sum.failures.length - SHOWN} more seeds`);
  return {
    failures,
    lines: [
      `${sum.schedules} schedules from seed ${seed}, ${perSecond} a second; ${sum.failures.length} with a violation`,
      `faults delivered: ${pairs(sum.faults)}`,
      `invariants evaluated: ${pairs(sum.evaluated)}`,
      `model requests: ${sum.bodies}, of which repeated for a crash or an interrupt: ${sum.repeated}`,
      `results that say the outcome is unknown: ${sum.unknown}; retries recognised: ${sum.suppressed}`,
    ],
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

async function boundaries({ seed, say }: Request): Promise<Report> {
  const all = noBoundaries();
  const seeds = Array.from({ length: SCENARIOS }, (_, i) => seed + i);
  const jobs: Job[] = [];
  for (let at = 0; at < seeds.length; at += PER_JOB)
    jobs.push({ do: "boundaries", seeds: seeds.slice(at, at + PER_JOB), pairs: at < TWICE });
  await runJobs(jobs, ({ boundaries: part }) => {
    if (part) merge(all, part);
    say(
      `  ${all.scenarios} scenarios, ${all.singles} crashes, ${all.pairs} double crashes, ${all.failures.length} failed`,
    );
  });
  const restore = install();
  const told = await stories(true, all.table).finally(restore);
  return {
    failures: [
      ...uncovered(all.table).map((label) => `no crash ever fell on ${label}`),
      ...all.failures
        .slice(0, SHOWN)
        .map(
          (one) =>
            `seed ${one.seed}, crash at ${one.crashAt.join(" and ")} (${one.point}): ${one.violations.join("; ")}`,
        ),
      ...told.failures,
    ],
    lines: [
      `${all.scenarios} scenarios: ${all.singles} crashes, ${all.pairs} double crashes; create, archive and delete: ${told.crashes} crashes and double crashes`,
      ...table([...all.table.values()]),
    ],
  };
}

export function merge(into: Boundaries, part: Boundaries): void {
  into.scenarios += part.scenarios;
  into.singles += part.singles;
  into.pairs += part.pairs;
  into.failures.push(...part.failures);
  for (const [point, line] of part.table) {
    const known = into.table.get(point);
    if (!known) into.table.set(point, line);
    else for (const key of ["crashes", "violations", "lost", "doubled", "repeated"] as const) known[key] += line[key];
  }
}

function table(lines: Line[]): string[] {
  const cells = (...all: (string | number)[]) =>
    all.map((cell, i) => (i === 0 ? String(cell).padEnd(26) : String(cell).padStart(11))).join("");
  return [
    cells("point", "crashes", "violations", "lost", "doubled", "repeated"),
    ...lines
      .sort((a, b) => (a.point < b.point ? -1 : 1))
      .map((one) => cells(one.point, one.crashes, one.violations, one.lost, one.doubled, one.repeated)),
  ];
}

function pairs(counts: Record<string, number>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(", ");
}

export const LAYERS: Layer[] = [
  { name: "A: seeded schedules", run: schedules },
  { name: "B: every write boundary", run: boundaries },
  { name: "E: kept mutants", run: mutants },
];
