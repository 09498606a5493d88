/**
 * `node src/cli/run.mjs mutants`: breaks the sources on purpose, one way at a time, and sees whether the tests notice (reliability.md §3.6). The kept
 * mutants must all be killed; random mutations are listed when they survive. The tree is not touched.
 */
import { proveKept, proveRandom, proveSuites } from "../../test/mutants/prove.ts";
import { CliError, positiveInteger, readOptions, runProgram } from "./program.ts";

const MS = 1000;

const RANDOM = 200;
const USAGE = `node src/cli/run.mjs mutants [options]: breaks the sources on purpose and sees whether the tests notice. Exit 1: a kept mutant survived.
  --random N    random mutations beside the kept ones (${RANDOM})
  --seed N      of the random ones (1)
  --kept        no random ones
  --only TEXT   kept ones with that text in their name`;

await runProgram(mutants, process.argv.includes("--verbose"));

async function mutants(): Promise<number> {
  const { only, seed, random } = options();
  const say = (line: string) => process.stdout.write(`${line}\n`);
  const began = performance.now();
  const suites = await proveSuites(say);
  if (suites.length > 0) throw new CliError(`the tests fail without a mutant (${suites.join(", ")}); mend them first`);
  const { survived } = await proveKept(say, only);
  const drawn = random > 0 ? await proveRandom(say, seed, random) : null;
  say(`${drawn?.unexplained ?? 0} survivors without a reason; ${((performance.now() - began) / MS).toFixed(0)} s`);
  return survived.length > 0 ? 1 : 0;
}

function options(): { only: string | null; seed: number; random: number } {
  const text = { type: "string" } as const;
  const values = readOptions(USAGE, { only: text, kept: { type: "boolean" }, seed: text, random: text });
  const random = positiveInteger("--random", values.random, RANDOM);
  return {
    only: values.only ?? null,
    seed: positiveInteger("--seed", values.seed, 1),
    random: values.kept || values.only ? 0 : random,
  };
}
