/**
 * `npm run check`: types, lint, and the unit tests (the layers among them). `npm test` (`--all`): the same with every test, in one vitest
 * run whose summary is the last thing printed. Further arguments go to vitest.
 */
import { resolve } from "node:path";
import { runChild } from "./child.ts";
import { CliError, runProgram } from "./program.ts";
import { ROOT } from "./root.ts";

const MS = 1000;
const args = process.argv.slice(2);
await runProgram(check, args.includes("--verbose"));

async function check(): Promise<number> {
  await Promise.all([
    quietly("types", "typescript/bin/tsc", ["-p", ROOT]),
    quietly("lint", "@biomejs/biome/bin/biome", ["check", ROOT]),
  ]);
  const own = ["--all", "--verbose"];
  const projects = args.includes("--all") ? [] : ["--project", "unit"];
  const vitest = ["run", "--config", "test/vitest.config.ts", ...projects, ...args.filter((arg) => !own.includes(arg))];
  const { code } = await runChild(process.execPath, [bin("vitest/vitest.mjs"), ...vitest], { show: true });
  return code;
}

/** One line when all is well; the tool's own words when it is not, and nothing after them. */
async function quietly(name: string, program: string, argv: string[]): Promise<void> {
  const began = performance.now();
  const { code, output } = await runChild(process.execPath, [bin(program), ...argv], { show: false });
  if (code !== 0) {
    process.stdout.write(output);
    throw new CliError(`${name}: found what is printed above; the tests were not run.`);
  }
  process.stdout.write(`${name} ok (${((performance.now() - began) / MS).toFixed(1)} s)\n`);
}

function bin(path: string): string {
  return resolve(ROOT, "node_modules", path);
}
