/** Layer E of `npm run prove`: every kept mutant is noticed. Random ones are the matter of `node src/cli/mutants.ts`. */
import { proveKept, proveSuites } from "./prove.ts";

export async function mutants({ say }: { say(line: string): void }): Promise<{ lines: string[]; failures: string[] }> {
  const indented = (line: string) => say(`  ${line}`);
  const suites = await proveSuites(indented);
  if (suites.length > 0) return { lines: [], failures: suites.map((suite) => `${suite} fails without a mutant`) };
  const wrong = await proveKept(indented, null);
  return { lines: [], failures: wrong.map((name) => `nothing noticed the mutant "${name}"`) };
}
