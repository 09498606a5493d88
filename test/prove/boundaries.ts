/** Layer B: a crash at every point of many scenarios, and the table of what each came to. */
import { type Boundaries, type Line, noBoundaries, uncovered, varied } from "../sim/boundary.ts";
import { install } from "../sim/globals.ts";
import { classOf, type Label, type When } from "../sim/points.ts";
import { type Job, runJobs } from "../sim/pool.ts";
import { stories } from "../sim/stories.ts";
import { type Layer, type Report, type Request, untried, whole } from "./layer.ts";

const PER_JOB = 2;
const TOLD_EVERY = 20;
const SHOWN = 5;

/** By the class of a point (reliability.md §3.3): what was asserted of the log after a crash there. */
const ASSERTED: Record<ReturnType<typeof classOf>, string> = {
  "pre-durable": "the log as without that batch",
  "post-durable": "the log with all of that batch",
  ambiguous: "effect or none; the log unchanged",
  "read-only": "nothing changed",
};

export const BOUNDARIES: Layer = { name: "B: every write boundary", run: boundaries };

async function boundaries({ seed, scenarios, say }: Request): Promise<Report> {
  const all = noBoundaries();
  const stop = install();
  const seeds = await varied(seed, scenarios).finally(stop);
  const jobs: Job[] = [];
  for (let at = 0; at < seeds.length; at += PER_JOB)
    jobs.push({ do: "boundaries", seeds: seeds.slice(at, at + PER_JOB), pairs: true });
  await runJobs(jobs, ({ boundaries: part }) => {
    if (part) merge(all, part);
    if (all.scenarios % TOLD_EVERY === 0) say(`  ${all.scenarios} of ${scenarios} scenarios: ${counted(all)}`);
  });
  const restore = install();
  const told = await stories(true, all.table).finally(restore);
  const points = all.singles + told.singles;
  const pairs = all.pairs + told.pairs;
  const labels = new Set([...all.table.values()].map(({ point }) => point.split(" ")[0])).size;
  return {
    points,
    failures: [
      ...untried({
        "a crash of a session": all.singles,
        "a double crash of a session": all.pairs,
        "a crash across the catalog and the objects": told.singles,
        "a double crash across them": told.pairs,
        "a failing call across them": told.failed,
        "a crash after one": told.failedPairs,
      }),
      ...uncovered(all.table).map((point) => `no crash ever fell on ${point}`),
      ...all.failures.slice(0, SHOWN).map(failure),
      ...(all.failures.length > SHOWN ? [`and ${all.failures.length - SHOWN} more crashes`] : []),
      ...told.failures,
    ],
    lines: [
      `${all.scenarios} scenarios: ${counted(all)}`,
      `create, archive and delete across the catalog and the objects: ${whole(told.singles)} crashes, ${whole(told.pairs)} double crashes`,
      `  calls of the catalog, the bucket and the hand that fail there: ${whole(told.failed)} alone, ${whole(told.failedPairs)} with a crash after them`,
      ...table([...all.table.values()]),
    ],
    rows: [
      ["crash points enumerated", `${whole(points)}: before and after each of ${labels} labels`],
      ["double crashes", `${whole(pairs)}: every ordered pair where a scenario has at most 60 points`],
    ],
  };
}

const counted = ({ singles, pairs, failures }: Boundaries) =>
  `${whole(singles)} crashes, ${whole(pairs)} double crashes, ${failures.length} failed`;

function failure({ seed, crashAt, point, violations }: Boundaries["failures"][number]): string {
  const replay = `npm run prove -- --seed ${seed} --crash ${crashAt.join(",")}`;
  return `seed ${seed}, crash at ${crashAt.join(" and ")} (${point}): ${violations.join("; ")}\n    ${replay}`;
}

function merge(into: Boundaries, part: Boundaries): void {
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

/** Point × outcome × crashes × lost × doubled × repeated model calls. */
export function table(lines: Line[]): string[] {
  const wide = [24, 15, 36];
  const cells = (...all: (string | number)[]) =>
    all.map((cell, i) => (wide[i] ? String(cell).padEnd(wide[i]) : String(cell).padStart(11))).join("");
  return [
    cells("point", "outcome", "asserted", "crashes", "violations", "lost", "doubled", "repeated"),
    ...lines
      .toSorted((a, b) => (a.point < b.point ? -1 : 1))
      .map(({ point, crashes, violations, lost, doubled, repeated }) => {
        const outcome = classOf(...(point.split(" ") as [Label, When]));
        return cells(point, outcome, ASSERTED[outcome], crashes, violations, lost, doubled, repeated);
      }),
  ];
}
