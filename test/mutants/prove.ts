/** What `src/cli/mutants.ts` does: the sources must be fine, every kept mutant must be noticed, and who survives of the random ones is told. */
import { KEPT } from "./kept.ts";
import { namesOf, patchFor, SUITES, type SuiteName } from "./mutant.ts";
import { drawn, everyMutation } from "./random.ts";
import { runMutants } from "./run.ts";
import { fits, reasonFor, SURVIVORS } from "./survivors.ts";
import { readSources } from "./syntax.ts";

type Say = (line: string) => void;
const MS = 1000;
const TOLD_EVERY = 20;

/** Every suite without a mutant: a suite that fails anyway would kill everything. The suites that failed. */
export async function proveSuites(say: Say): Promise<string[]> {
  const failed: string[] = [];
  const suites = Object.keys(SUITES) as SuiteName[];
  await runMutants(
    suites.map((suite) => ({ suite, patches: [] })),
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
  /** Names of those that nothing noticed. */
  survived: string[];
}

/** The kept list, one line each. `only`: those with that text in their name. Throws for one that has no place in the sources. */
export async function proveKept(say: Say, only: string | null): Promise<Kept> {
  const names = namesOf(readSources("src"));
  const list = KEPT.filter(({ name }) => only === null || name.includes(only));
  const jobs = list.map((mutant) => ({ ...mutant, patches: mutant.edits.map((edit) => patchFor(edit, names)) }));
  const survived: string[] = [];
  await runMutants(jobs, ({ rule, name }, { killedBy, unfit, ms }) => {
    const killed = killedBy !== null && !unfit;
    if (!killed) survived.push(name);
    const how = killedBy === null ? "NOTHING NOTICED" : `killed by ${killedBy.replace(/\s+/g, " ").slice(0, 100)}`;
    say(`${killed ? "ok  " : "FAIL"} ${rule.padEnd(8)} ${name}: ${how} (${seconds(ms)})`);
  });
  say(`${list.length} kept mutants: ${list.length - survived.length} killed, ${survived.length} not`);
  return { all: list.length, survived };
}

export interface Drawn {
  all: number;
  survived: number;
  /** Survivors whose reason nobody has written down (survivors.ts). */
  unexplained: number;
}

/** Random mutations: only who survives is told, with its reason if one is known; and reasons that are of no more use. */
export async function proveRandom(say: Say, seed: number, count: number): Promise<Drawn> {
  const every = everyMutation();
  const list = drawn(every, seed, count);
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
  for (const known of SURVIVORS.filter((one) => !every.some((mutation) => fits(one, mutation))))
    say(`no mutation any more: ${known.kind} ${known.at}: ${known.what}`);
  for (const [kind, { all, survived }] of tally) say(`${kind.padEnd(7)} ${all} mutations, ${survived} survived`);
  const survived = [...tally.values()].reduce((sum, one) => sum + one.survived, 0);
  return { all: list.length, survived, unexplained };
}

function seconds(ms: number): string {
  return `${(ms / MS).toFixed(1)} s`;
}
