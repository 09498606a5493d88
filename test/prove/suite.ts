/** Layers that are test files: run by vitest in a process of its own, and read back from its report. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { runChild } from "../../src/cli/child.ts";
import { ROOT } from "../../src/cli/root.ts";
import { COUNTS } from "../support/counts.ts";

export interface Test {
  name: string;
  passed: boolean;
  /** The first failure's words. */
  said: string;
}

export interface Suite {
  tests: Test[];
  /** The sums of what the tests counted (test/support/counts.ts). */
  counts: Record<string, number>;
  failures: string[];
}

interface JsonReport {
  testResults: {
    name: string;
    message?: string;
    assertionResults: { fullName: string; status: string; failureMessages?: string[] }[];
  }[];
}

/** Runs the test files below `folder` in these projects. A file that cannot be loaded and a run without tests are failures. */
export async function runSuite(folder: string, projects: string[]): Promise<Suite> {
  const out = await mkdtemp(join(tmpdir(), "sinew-prove-"));
  const [report, counted] = [join(out, "report.json"), join(out, "counts")];
  const argv = ["run", "--config", "test/vitest.config.ts", folder, "--reporter=json", `--outputFile=${report}`];
  try {
    const { output } = await runChild(
      process.execPath,
      [
        resolve(ROOT, "node_modules/vitest/vitest.mjs"),
        ...argv,
        ...projects.flatMap((project) => ["--project", project]),
      ],
      { show: false, env: { [COUNTS]: counted } },
    );
    const text = await readFile(report, "utf8").catch(() => null);
    if (text === null) return { tests: [], counts: {}, failures: [`vitest wrote no report:\n${output}`] };
    return read(folder, JSON.parse(text) as JsonReport, await readFile(counted, "utf8").catch(() => ""));
  } finally {
    await rm(out, { recursive: true, force: true });
  }
}

/** `counted`: the lines that the tests left. */
export function read(folder: string, report: JsonReport, counted: string): Suite {
  const tests = report.testResults.flatMap(({ assertionResults }) =>
    assertionResults.map(({ fullName, status, failureMessages }) => ({
      name: fullName,
      passed: status === "passed",
      said: failureMessages?.[0] ?? status,
    })),
  );
  const unread = report.testResults.filter(({ assertionResults }) => assertionResults.length === 0);
  const counts: Record<string, number> = {};
  for (const line of counted.split("\n").filter((one) => one !== ""))
    for (const [what, n] of Object.entries(JSON.parse(line) as Record<string, number>))
      counts[what] = (counts[what] ?? 0) + n;
  return {
    tests,
    counts,
    failures: [
      ...(tests.length === 0 ? [`no test ran in ${folder}`] : []),
      ...unread.map(({ name, message }) => `${name}: ${message ?? "has no tests"}`),
      ...tests.filter(({ passed }) => !passed).map(({ name, said }) => `${name}: ${said}`),
    ],
  };
}
