/** What `src/cli/mutants.ts` does: the sources must be fine, every kept mutant must be noticed, and who survives of the random ones is told. */
import { KEPT } from "./kept/index.ts";
import { SUITES, type SuiteName } from "./mutant.ts";
import { randomMutations } from "./random.ts";
import { runMutants, type Verdict } from "./run.ts";
import { reasonFor } from "./survivors.ts";

type Say = (line: string) => void;
const MS = 1000;

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

/** The kept list, one line each; the names of those with a wrong verdict. */
export async function proveKept(say: Say, only: string | null): Promise<string[]> {
  const wrong: string[] = [];
  const list = KEPT.filter((mutant) => only === null || mutant.name.includes(only));
  await runMutants(list, (mutant, verdict) => {
    const right = (verdict.killedBy === null) === (mutant.equivalent !== undefined);
    if (!right) wrong.push(mutant.name);
    const how = mutant.equivalent ? `equivalent: ${mutant.equivalent}` : "NOTHING NOTICED";
    say(
      `${right ? "ok  " : "FAIL"} ${mutant.rule.padEnd(8)} ${mutant.name}: ${said(verdict) ?? how} (${seconds(verdict.ms)})`,
    );
  });
  const killed = list.filter((mutant) => mutant.equivalent === undefined).length - wrong.length;
  say(
    `${list.length} kept mutants: ${killed} killed, ${list.filter((one) => one.equivalent).length} equivalent, ${wrong.length} wrong`,
  );
  return wrong;
}

/** Random mutations: only who survives is told, with its reason if one is known. The number of those without a reason. */
export async function proveRandom(say: Say, seed: number, count: number): Promise<number> {
  const list = randomMutations(seed, count);
  const tally = new Map<string, { all: number; survived: number }>();
  let unexplained = 0;
  await runMutants(list, (mutation, verdict) => {
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
  return unexplained;
}

function said({ killedBy }: Verdict): string | null {
  return killedBy && `killed by ${killedBy.replace(/\s+/g, " ").slice(0, 100)}`;
}

function seconds(ms: number): string {
  return `${(ms / MS).toFixed(1)} s`;
}
