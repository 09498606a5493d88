/**
 * `node src/cli/run.mjs fuzz`: hostile requests against the real Worker for some minutes; prints what was sent and answered. Exit code 1 with
 * the smallest case that shows a problem, and the command that repeats it. What it does is in test/fuzz.
 */
import "../../test/sim/workers.ts";
import { prepareServer } from "../../test/support/server.ts";
import { CliError, MISUSE, positiveInteger, readOptions, runProgram } from "./program.ts";

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const DEFAULT_MINUTES = 5;

const USAGE = `node src/cli/run.mjs fuzz [options]: hostile requests against the real Worker. Exit 1: something was found.
  --minutes N   how long (${DEFAULT_MINUTES})
  --seed N      of what is drawn (the date's)
  --path P      only the case that a failed run printed`;

await runProgram(main, process.argv.includes("--verbose"));

async function main(): Promise<number> {
  const { fuzz } = await import("../../test/fuzz/fuzz.ts");
  const { seed, minutes, path } = options();
  const say = (line: string) => process.stdout.write(`${line}\n`);
  say(path === null ? `seed ${seed}: ${minutes} minutes` : `seed ${seed}, path ${path}`);
  await prepareServer();
  const began = performance.now();
  const { totals, problems } = await fuzz({ seed, path, rounds: Number.MAX_SAFE_INTEGER, ms: minutes * MINUTE_MS });
  say(`\n${totals.table()}`);
  say(`  time                      ${((performance.now() - began) / 1000).toFixed(0)} s\n`);
  for (const problem of problems) say(problem);
  say(problems.length === 0 ? "Nothing found." : `${problems.length} problems.`);
  return problems.length === 0 ? 0 : 1;
}

function options(): { seed: number; minutes: number; path: string | null } {
  const text = { type: "string" } as const;
  const values = readOptions(USAGE, { seed: text, minutes: text, path: text });
  const { path = null } = values;
  if (path !== null && !/^\d+(:\d+)*$/.test(path))
    throw new CliError("--path must be what a failed run printed, such as 12:0:3.", MISUSE);
  return {
    // Another run each day; the seed that is printed repeats it.
    seed: positiveInteger("--seed", values.seed, Math.floor(Date.now() / DAY_MS)),
    minutes: positiveInteger("--minutes", values.minutes, DEFAULT_MINUTES),
    path,
  };
}
