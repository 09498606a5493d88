/** Many schedules: runs them, checks each, counts what was delivered and evaluated, and shrinks what fails. */
import { Evaluations, INVARIANTS } from "../checker/check.ts";
import type { Dump } from "../checker/dump.ts";
import { isIdle, stopOf } from "../checker/read.ts";
import { FAULTS, type Fault } from "./faults.ts";
import { type Choice, type Played, play } from "./schedule.ts";

export interface Failure {
  seed: number;
  violations: string[];
}

export interface Sum {
  schedules: number;
  failures: Failure[];
  faults: Record<Fault, number>;
  evaluated: Record<string, number>;
  bodies: number;
  /** Requests beyond one for each answered, refused or broken one: what crashes and interrupts cost. */
  repeated: number;
  unknown: number;
  suppressed: number;
  /** Messages posted that say the same as the one before them. */
  equal: number;
  /** What happened to sessions that were changed or had a cap. */
  changes: Record<(typeof CHANGES)[number], number>;
}

const CHANGES = ["halts", "resumes", "tools told", "tools at the head"] as const;

export function nothing(): Sum {
  const faults = Object.fromEntries(FAULTS.map((kind) => [kind, 0])) as Record<Fault, number>;
  const changes = { halts: 0, resumes: 0, "tools told": 0, "tools at the head": 0 };
  return {
    schedules: 0,
    failures: [],
    faults,
    evaluated: {},
    bodies: 0,
    repeated: 0,
    unknown: 0,
    suppressed: 0,
    equal: 0,
    changes,
  };
}

export function add(into: Sum, one: Sum): Sum {
  const both = <T extends Record<string, number>>(a: T, b: T): T =>
    Object.fromEntries(
      [...new Set([...Object.keys(a), ...Object.keys(b)])].map((key) => [key, (a[key] ?? 0) + (b[key] ?? 0)]),
    ) as T;
  return {
    schedules: into.schedules + one.schedules,
    failures: [...into.failures, ...one.failures],
    faults: both(into.faults, one.faults),
    evaluated: both(into.evaluated, one.evaluated),
    bodies: into.bodies + one.bodies,
    repeated: into.repeated + one.repeated,
    unknown: into.unknown + one.unknown,
    suppressed: into.suppressed + one.suppressed,
    equal: into.equal + one.equal,
    changes: both(into.changes, one.changes),
  };
}

/** Runs seeds `from` to `from + count`; `globals.install()` has been called. */
export async function runSeeds(from: number, count: number): Promise<Sum> {
  const sum = nothing();
  const evaluations = new Evaluations();
  for (let seed = from; seed < from + count; seed++) {
    const played = await play({ seed });
    const violations = verdict(played, evaluations);
    if (violations.length > 0) sum.failures.push({ seed, violations });
    sum.schedules += 1;
    for (const { kind } of played.faults) sum.faults[kind] += 1;
    tallyUp(sum, played.dump);
  }
  sum.evaluated = Object.fromEntries(evaluations.counts);
  return sum;
}

export function verdict(played: Played, evaluations: Evaluations): string[] {
  return [...evaluations.check(played.dump), ...played.troubles.map((trouble) => `trouble: ${trouble}`)];
}

function tallyUp(sum: Sum, dump: Dump): void {
  const answered = dump.events.filter(
    (event) => event.type === "span.model_request_end" && event.is_error === false,
  ).length;
  const failed = dump.bodies.filter((body) => body.answer === "refused" || body.answer === "broken").length;
  sum.bodies += dump.bodies.length;
  sum.repeated += Math.max(0, dump.bodies.length - answered - failed);
  sum.unknown += dump.events.filter((event) =>
    JSON.stringify(event.content ?? "").includes("The outcome of this call is unknown"),
  ).length;
  const said = dump.posts.map((post) => post.events[0]).filter((event) => event?.type === "user.message");
  sum.equal += said.filter((event, i) => event?.text === said[i - 1]?.text).length;
  tallyChanges(sum.changes, dump);
  sum.suppressed += dump.inside?.rows.filter((row) => row.type === "x.duplicate_suppressed").length ?? 0;
}

function tallyChanges(changes: Sum["changes"], { events, inside }: Dump): void {
  const rows = inside?.rows ?? [];
  changes.halts += events.filter((event) => isIdle(event) && stopOf(event) === "budget_reached").length;
  const resumed = (row: { type: string }, i: number) =>
    row.type === "session.updated" && rows[i + 1]?.type === "session.status_running";
  changes.resumes += rows.filter(resumed).length;
  const retooled = rows.filter((row) => row.type === "session.status_running" && row.note?.includes('"tools"'));
  changes["tools told"] += retooled.filter((row) => row.note?.includes('"told":true')).length;
  changes["tools at the head"] += rows.filter(
    (row) => row.type === "x.prefix_changed" && row.body.includes("tools"),
  ).length;
}

/** Leaves out one fault and one client action after the other for as long as the same invariant still fails. */
export async function shrink(seed: number): Promise<{ choice: Choice; violations: string[]; trace: string[] }> {
  const first = await play({ seed });
  const wanted = name(verdict(first, new Evaluations())[0] ?? "");
  const fails = async (choice: Choice) =>
    verdict(await play(choice), new Evaluations()).some((one) => name(one) === wanted);
  let only = new Set(first.faults.map((fault) => fault.at));
  let without = new Set<number>();
  for (const at of [...only].reverse()) {
    const fewer = new Set([...only].filter((one) => one !== at));
    if (await fails({ seed, only: fewer, without })) only = fewer;
  }
  for (let action = first.actions - 1; action >= 0; action--) {
    const fewer = new Set([...without, action]);
    if (await fails({ seed, only, without: fewer })) without = fewer;
  }
  const choice: Choice = { seed, only, without };
  const last = await play({ ...choice, trace: true });
  return { choice, violations: verdict(last, new Evaluations()), trace: last.trace };
}

const name = (violation: string) => violation.slice(0, violation.indexOf(":"));

/** The command that plays a choice again and shows what happens in it. */
export function replay({ seed, only, without }: Choice): string {
  return `npm run prove -- --seed ${seed} --only ${[...(only ?? [])].join(",") || "none"} --without ${[...(without ?? [])].join(",") || "none"}`;
}

/** Every fault kind that was never delivered and every invariant that was never evaluated. */
export function gaps(sum: Sum): string[] {
  return [
    ...FAULTS.filter((kind) => sum.faults[kind] === 0).map((kind) => `no ${kind} was delivered`),
    ...(sum.equal === 0 ? ["no message followed an equal one"] : []),
    ...CHANGES.flatMap((kind) => (sum.changes[kind] === 0 ? [`of ${kind} there were none`] : [])),
    ...INVARIANTS.flatMap(({ id }) => (sum.evaluated[id] ? [] : [`${id} was never evaluated`])),
  ];
}

/** Seeds change every day: the date, as a number that leaves room for a million schedules. */
export function seedOf(date: Date): number {
  return (Math.floor(date.getTime() / 86_400_000) % 4_000) * 1_000_000;
}
