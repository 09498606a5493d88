/** Layer F: the bugs of other runtimes by number, and logs that were cut, spoiled or written by another release (test/museum). */
import { type Layer, type Report, type Request, whole } from "./layer.ts";
import { runSuite, type Test } from "./suite.ts";

const BUGS = Array.from({ length: 24 }, (_, i) => `B${i + 1}`);

export const MUSEUM: Layer = { name: "F: museum and log fuzz", run: museum };

async function museum({ say }: Request): Promise<Report> {
  say("  test/museum, about half a minute");
  const { tests, counts, failures } = await runSuite("test/museum", ["unit", "worker"]);
  const { cuts = 0, spoiled = 0, releases = 0 } = counts;
  const verdicts = BUGS.map((bug) => verdict(bug, tests));
  const fuzz = `${whole(cuts)} cut logs, ${whole(spoiled)} spoiled ones, ${whole(releases)} of other releases`;
  return {
    failures: [
      ...failures,
      ...verdicts.filter(({ tests: own }) => own === 0).map(({ bug }) => `${bug} has no test`),
      ...Object.entries({ cuts, spoiled, releases }).flatMap(([what, n]) => (n === 0 ? [`no log: ${what}`] : [])),
    ],
    lines: [
      ...verdicts.map(
        ({ bug, held, tests: own }) => `${bug.padEnd(5)}${held ? "does not happen" : "HAPPENS"} (${own} tests)`,
      ),
      `${tests.length} tests; ${fuzz}`,
    ],
    rows: [
      [
        "bugs of other runtimes",
        `B1–B24: ${verdicts.filter(({ held }) => held).length} of ${BUGS.length} do not happen`,
      ],
      ["log fuzz", fuzz],
    ],
  };
}

/** A bug does not happen when it has tests and all of them pass. */
export function verdict(bug: string, tests: Test[]): { bug: string; tests: number; held: boolean } {
  const own = tests.filter(({ name }) => new RegExp(`\\b${bug}: `).test(name));
  return { bug, tests: own.length, held: own.length > 0 && own.every(({ passed }) => passed) };
}
