/**
 * `node src/cli/mutants.ts`: breaks the sources on purpose, one way at a time, and sees whether the tests notice (reliability.md §3.6). The kept
 * mutants must all be killed; `--random N` (200) mutations of `--seed S` (1) are listed when they survive. `--only TEXT`: kept ones with that
 * text in their name. `--kept`: no random ones. The tree is not touched.
 */
import { parseArgs } from "node:util";
import { proveKept, proveRandom, proveSuites } from "../../test/mutants/prove.ts";
import { MISUSE, run, Trouble } from "./program.ts";

const MS = 1000;

await run(mutants, process.argv.includes("--verbose"));

async function mutants(): Promise<number> {
  const options = readOptions();
  const say = (line: string) => process.stdout.write(`${line}\n`);
  const began = performance.now();
  const suites = await proveSuites(say);
  if (suites.length > 0) throw new Trouble(`the tests fail without a mutant (${suites.join(", ")}); mend them first`);
  const { wrong } = await proveKept(say, options.only);
  const drawn = options.random > 0 ? await proveRandom(say, options.seed, options.random) : null;
  say(`${drawn?.unexplained ?? 0} survivors without a reason; ${((performance.now() - began) / MS).toFixed(0)} s`);
  return wrong.length > 0 ? 1 : 0;
}

function readOptions(): { only: string | null; seed: number; random: number } {
  try {
    const { values } = parseArgs({
      options: {
        only: { type: "string" },
        kept: { type: "boolean" },
        seed: { type: "string", default: "1" },
        random: { type: "string", default: "200" },
        verbose: { type: "boolean" },
      },
    });
    const [seed, random] = [Number(values.seed), Number(values.random)];
    if (!Number.isSafeInteger(seed) || !Number.isSafeInteger(random))
      throw new Error("--seed and --random take whole numbers");
    return { only: values.only ?? null, seed, random: values.kept || values.only ? 0 : random };
  } catch (error) {
    throw new Trouble(error instanceof Error ? error.message : String(error), MISUSE);
  }
}
