/** What `src/cli/mutants.ts` does: the sources must be fine, every kept mutant must be noticed, and who survives of the random ones is told. */
import { KEPT } from "./kept/index.ts";
import { SUITES, type SuiteName } from "./mutant.ts";
import { randomMutations } from "./random.ts";
import { runMutants, type Verdict } from "./run.ts";
import { reasonFor } from "./survivors.ts";

type Say = (line: string) => void;
const MS = 1000;
const TOLD_EVERY = 20;

/** Every suite without a mutant: a suite that fails anyway would kill everything. The suites that failed. */
export async function proveSuites(say: Say): Promise<string[]> {
  const failed: string[] = [];
  const suites = Object.keys(SUITES) as SuiteName[];
  await runMutants(
    suites.map((suite) => ({ suite, edits: [] })),
    ({ suite }, { killedBy, ms }) => {
      say(
        `${killedBy === null ? "ok  " : "FAIL"} ${suite} without a mutant, ${seconds(ms)}${killedBy === null ? "" : `: ${killedBy}`}`,
      );
      if (killedBy !== null) failed.push(suite);
    },
  );
  return failed;
}

export interface Kept {
  all: number;
  killed: number;
  /** Called equivalent, and not killed. */
  equivalent: number;
  /** Names of those with a wrong verdict. */
  wrong: string[];
}

/** The kept list, one line each. `only`: those with that text in their name. */
export async function proveKept(say: Say, only: string | null): Promise<Kept> {
  const wrong: string[] = [];
  const list = KEPT.filter((mutant) => only === null || mutant.name.includes(only));
  await runMutants(list, (mutant, verdict) => {
    const right = !verdict.unfit && (verdict.killedBy === null) === (mutant.equivalent !== undefined);
    if (!right) wrong.push(mutant.name);
    const how = mutant.equivalent ? `equivalent: ${mutant.equivalent}` : "NOTHING NOTICED";
    say(
      `${right ? "ok  " : "FAIL"} ${mutant.rule.padEnd(8)} ${mutant.name}: ${said(verdict) ?? how} (${seconds(verdict.ms)})`,
    );
  });
  const right = list.filter(({ name }) => !wrong.includes(name));
  const equivalent = right.filter((mutant) => mutant.equivalent !== undefined).length;
  const killed = right.length - equivalent;
  say(`${list.length} kept mutants: ${killed} killed, ${equivalent} equivalent, ${wrong.length} wrong`);
  return { all: list.length, killed, equivalent, wrong };
}

export interface Drawn {
  all: number;
  survived: number;
  /** Survivors whose reason nobody has written down (survivors.ts). */
  unexplained: number;
}

/** Random mutations: only who survives is told, with its reason if one is known. */
export async function proveRandom(say: Say, seed: number, count: number): Promise<Drawn> {
  const list = randomMutations(seed, count);
  let judged = 0;
  const tally = new Map<string, { all: number; survived: number }>();
  let unexplained = 0;
  await runMutants(list, (mutation, verdict) => {
    judged += 1;
    if (judged % TOLD_EVERY === 0) say(`${judged} of ${list.length} random mutations`);
    const sum = tally.get(mutation.kind) ?? { all: 0, survived: 0 };
    const survived = verdict.killedBy === null;
    tally.set(mutation.kind, { all: sum.all + 1, survived: sum.survived + Number(survived) });
    if (!survived) return;
    const reason = reasonFor(mutation);
    if (reason === null) unexplained += 1;
    say(
      `survives ${mutation.file}:${mutation.line} ${mutation.kind}: ${mutation.what}\n         ${reason ?? "NO REASON YET"}`,
    );
  });
  for (const [kind, { all, survived }] of tally) say(`${kind.padEnd(7)} ${all} mutations, ${survived} survived`);
  const survived = [...tally.values()].reduce((sum, one) => sum + one.survived, 0);
  return { all: list.length, survived, unexplained };
}

function said({ killedBy }: Verdict): string | null {
  return killedBy && `killed by ${killedBy.replace(/\s+/g, " ").slice(0, 100)}`;
}

function seconds(ms: number): string {
  return `${(ms / MS).toFixed(1)} s`;
}
