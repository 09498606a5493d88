/** Layer E: every kept mutant is noticed; of random ones, who survives has a reason (reliability.md §3.6). */
import { proveKept, proveRandom, proveSuites } from "../mutants/prove.ts";
import { type Layer, type Report, type Request, untried } from "./layer.ts";

export const MUTANTS: Layer = { name: "E: mutants", run: mutants };

async function mutants({ random, say }: Request): Promise<Report> {
  const indented = (line: string) => say(`  ${line}`);
  const suites = await proveSuites(indented);
  if (suites.length > 0)
    return { lines: [], rows: [], failures: suites.map((suite) => `${suite} fails without a mutant`) };
  const kept = await proveKept(indented, null);
  const chance = random > 0 ? await proveRandom(indented, 1, random) : null;
  const told = `${kept.all} kept: ${kept.all - kept.survived.length} killed`;
  const drawn = chance
    ? `; ${chance.all} random: ${chance.all - chance.survived} killed, ${chance.survived} survive, ${chance.survived - chance.unexplained} of them with a reason`
    : "";
  return {
    lines: [`${told}${drawn}`],
    rows: [["mutants", `${told}${drawn}`]],
    failures: [
      ...kept.survived.map((name) => `nothing noticed the mutant "${name}"`),
      ...untried({ "a kept mutant": kept.all, ...(chance ? { "a random mutation": chance.all } : {}) }),
    ],
  };
}
