/** Runs layers one after the other and tells what each came to. */
import { performance } from "node:perf_hooks";
import { LAYERS } from "./index.ts";
import type { Request } from "./layer.ts";
import type { Ran } from "./summary.ts";

const MS = 1000;

/** `letters`: of the layers, as their names begin. Letters that are no layer's are left out. */
export async function runLayers(letters: readonly string[], request: Request): Promise<Ran[]> {
  const { say } = request;
  const ran: Ran[] = [];
  for (const layer of LAYERS) {
    const letter = layer.name.slice(0, 1);
    if (!letters.includes(letter)) continue;
    say(`\n${layer.name}`);
    const began = performance.now();
    const report = await layer.run(request);
    const seconds = (performance.now() - began) / MS;
    ran.push({ ...report, letter, seconds });
    for (const line of report.lines) say(line);
    for (const failure of report.failures) say(`FAILED ${failure}`);
    const { length } = report.failures;
    say(`${seconds.toFixed(1)} s, ${length === 0 ? "no violation" : `${length} failures`}`);
  }
  return ran;
}
