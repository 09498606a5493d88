/** Layer C: the same crashes in real workerd (test/recovery). */
import { type Layer, type Report, type Request, untried, whole } from "./layer.ts";
import { runSuite } from "./suite.ts";

export const WORKERD: Layer = { name: "C: the same in workerd", run: workerd };

async function workerd({ say }: Request): Promise<Report> {
  say("  aborts at every point of every scenario, about a minute and a half");
  const { tests, counts, failures } = await runSuite("test/recovery", ["contract"]);
  const { scenarios = 0, aborts = 0, logs = 0 } = counts;
  const labels = Object.keys(counts).filter((name) => name.startsWith("at "));
  const said = `${whole(aborts)} hard aborts in ${scenarios} scenarios, at ${labels.length} kinds of points; ${whole(logs)} logs equal to the undisturbed run's, ${scenarios} of them to the simulator's`;
  return {
    failures: [
      ...failures,
      ...untried({ "a scenario in workerd": scenarios, "an abort of it": aborts, "a comparison of its logs": logs }),
    ],
    lines: [
      `${tests.length} tests; ${said}`,
      ...labels.toSorted().map((label) => `  ${label.padEnd(60)}${String(counts[label]).padStart(6)}`),
    ],
    rows: [["in real workerd", said]],
  };
}
