/** Layer B: every way out of an instance in a scenario, crashed at one by one, and by ordered pairs where there are few (reliability.md §3.3). */
import { Evaluations } from "../checker/check.ts";
import type { Point } from "./exits.ts";
import type { Fault } from "./faults.ts";
import { LABELS } from "./points.ts";
import { type Choice, type Played, play } from "./schedule.ts";
import { verdict } from "./seeds.ts";

/** Scenarios with more points are crashed at once only. */
export const PAIRS_UP_TO = 60;
/** Seeds looked at for each scenario that is taken. */
const LOOK_AT = 12;

/** What crashes at one point came to. */
export interface Line {
  point: string;
  crashes: number;
  violations: number;
  /** Acknowledged events that are not there; bodies of tools that ran twice. */
  lost: number;
  doubled: number;
  /** Model requests beyond those of the run without a crash. */
  repeated: number;
}

export interface Boundaries {
  scenarios: number;
  singles: number;
  pairs: number;
  failures: { seed: number; crashAt: number[]; point: string; violations: string[] }[];
  table: Map<string, Line>;
}

export function noBoundaries(): Boundaries {
  return { scenarios: 0, singles: 0, pairs: 0, failures: [], table: new Map() };
}

/** What the model's side may do in a scenario: the session's own part in it has points too. */
export const KINDS: ReadonlySet<Fault> = new Set(["model_refuses", "model_breaks", "catalog_fails", "late_outcome"]);

/** A scenario is a seed in which nothing but the model and the catalog fails; `pairs` also crashes during the recovery from each crash. */
export async function enumerate(seed: number, into: Boundaries, pairs: boolean): Promise<void> {
  const calm = { seed, kinds: KINDS };
  const dry = await play(calm);
  into.scenarios += 1;
  for (let first = 0; first < dry.points.length; first++) {
    const once = await crash(dry, { ...calm, crashAt: [first] }, into);
    into.singles += 1;
    if (!pairs || dry.points.length > PAIRS_UP_TO) continue;
    for (let second = first + 1; second < once.points.length; second++) {
      await crash(dry, { ...calm, crashAt: [first, second] }, into);
      into.pairs += 1;
    }
  }
}

/** Of the seeds from `from` on, `most` scenarios: first those that pass a label which no earlier one passes. */
export async function varied(from: number, most: number): Promise<number[]> {
  const passed = new Set<string>();
  const first: number[] = [];
  const others: number[] = [];
  for (let seed = from; seed < from + most * LOOK_AT; seed++) {
    const labels = new Set((await play({ seed, kinds: KINDS })).points.map((point) => point.label));
    ([...labels].every((label) => passed.has(label)) ? others : first).push(seed);
    for (const label of labels) passed.add(label);
  }
  return [...first, ...others].slice(0, most);
}

async function crash(dry: Played, choice: Choice & { crashAt: number[] }, into: Boundaries): Promise<Played> {
  const played = await play(choice);
  const point = nameOf(played.points[choice.crashAt.at(-1) as number]);
  const violations = verdict(played, new Evaluations());
  const line = into.table.get(point) ?? { point, crashes: 0, violations: 0, lost: 0, doubled: 0, repeated: 0 };
  into.table.set(point, line);
  line.crashes += 1;
  line.violations += violations.length;
  line.lost += violations.filter((one) => one.startsWith("I4:") || one.startsWith("I14:")).length;
  line.doubled += played.dump.hand.reduce((sum, entry) => sum + Math.max(0, entry.runs - 1), 0);
  line.repeated += Math.max(0, played.dump.bodies.length - dry.dump.bodies.length);
  if (violations.length > 0) into.failures.push({ seed: choice.seed, crashAt: choice.crashAt, point, violations });
  return played;
}

function nameOf(point: Point | undefined): string {
  return point ? `${point.label} ${point.when}` : "none";
}

/** Labels of the union that no crash ever fell on, before them or after. */
export function uncovered(table: Map<string, Line>): string[] {
  return LABELS.flatMap((label) => [`${label} before`, `${label} after`]).filter((point) => !table.has(point));
}
