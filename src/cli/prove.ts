/** `npm run prove`: the long run of the reliability layers (test/prove), and its summary into the README; or one schedule, shown. */
import { readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { performance } from "node:perf_hooks";
import "../../test/sim/workers.ts";
import { CliError, MISUSE, positiveInteger, readOptions, runProgram } from "./program.ts";
import { ROOT } from "./root.ts";

const MS = 1000;
/** What a published run does at least. */
const FULL = { layers: "ABCEF", schedules: 200_000, scenarios: 120, random: 200, rounds: 100 };

const USAGE = `npm run prove -- [options]: the long run of the reliability layers. Exit 1: a violation, and nothing is published.
  --layers A,B,…   of A to F; all but D, which is npm run prove:kill
  --schedules N    seeded schedules of layer A (${FULL.schedules})
  --scenarios N    crashed at each of their points by layer B (${FULL.scenarios})
  --random N       random mutations of layer E (${FULL.random})
  --rounds N       of layer D (${FULL.rounds})
  --seed N         the first seed (the date's)
  --out FILE       everything that was printed
  --write          publish a run of less than the default in README.md
  --seed N --only 3,17 --without 2   plays one schedule and shows it
  --seed N --crash 5,9               plays one scenario of layer B and shows it`;

type Values = ReturnType<typeof options>;

const printed: string[] = [];
const say = (line: string) => {
  printed.push(line);
  process.stdout.write(`${line}\n`);
};
await runProgram(main, process.argv.includes("--verbose"));

function main(): Promise<number> {
  const values = options();
  return values.only !== undefined || values.crash !== undefined ? show(values) : prove(values);
}

function options() {
  const text = { type: "string" } as const;
  const sizes = { schedules: text, scenarios: text, random: text, rounds: text };
  const one = { only: text, without: text, crash: text };
  return readOptions(USAGE, { layers: text, ...sizes, seed: text, out: text, write: { type: "boolean" }, ...one });
}

async function prove(values: Values): Promise<number> {
  const [{ runLayers }, { seedOf }, { madeBy, writeSummary }, { published, summary, sumUp }] = await Promise.all([
    import("../../test/prove/run.ts"),
    import("../../test/sim/seeds.ts"),
    import("../../test/prove/made.ts"),
    import("../../test/prove/summary.ts"),
  ]);
  const began = performance.now();
  const made = await madeBy(["npm run prove", ...asGiven(values)].join(" "));
  const letters = values.layers?.split(",") ?? [...FULL.layers];
  if (letters.some((letter) => !/^[A-F]$/.test(letter)))
    throw new CliError(`--layers takes some of A,B,C,D,E,F, not ${values.layers}.`, MISUSE);
  const sizes = {
    schedules: size(values, "schedules"),
    scenarios: size(values, "scenarios"),
    random: size(values, "random"),
    rounds: size(values, "rounds"),
  };
  const seed = positiveInteger("--seed", values.seed, seedOf(new Date()));
  const { rows, details, violations, claim } = sumUp(await runLayers(letters, { ...sizes, seed, say }));
  const block = summary({ ...made, seconds: (performance.now() - began) / MS }, rows, claim, details);
  say(`\n${block}`);
  if (!letters.includes("D")) {
    const last = published(await readFile(resolve(ROOT, "README.md"), "utf8"), "prove:kill");
    say(`\nD: kill -9 under load, as npm run prove:kill last found it\n${last || "It was not run yet."}`);
  }
  const full = [...FULL.layers].every((letter) => letters.includes(letter));
  const least = Object.entries(sizes).every(([what, n]) => n >= FULL[what as keyof typeof sizes]);
  if (violations > 0) say("\nNot published: there were violations.");
  else if (values.write || (full && least)) await writeSummary("prove", block);
  else say("\nNot published: this run did less than the default. --write publishes it.");
  if (values.out !== undefined) await writeFile(values.out, `${printed.join("\n")}\n`);
  return violations === 0 ? 0 : 1;
}

async function show(values: Values): Promise<number> {
  const [{ show }, { seedOf }] = await Promise.all([
    import("../../test/prove/show.ts"),
    import("../../test/sim/seeds.ts"),
  ]);
  const { lines, violations } = await show({
    seed: positiveInteger("--seed", values.seed, seedOf(new Date())),
    only: values.only === undefined ? null : numbers(values.only),
    without: numbers(values.without),
    crashAt: [...numbers(values.crash)],
  });
  for (const line of [...lines, "", ...violations]) say(line);
  return violations.length === 0 ? 0 : 1;
}

/** The options that change what is run, as they were typed. */
function asGiven(values: Values): string[] {
  const shown = Object.entries(values).filter(([name]) => !["write", "out", "verbose"].includes(name));
  return shown.length === 0 ? [] : ["--", ...shown.map(([name, value]) => `--${name} ${value}`)];
}

function size(values: Values, name: "schedules" | "scenarios" | "random" | "rounds"): number {
  const given = values[name];
  if (given === undefined) return FULL[name];
  if (!/^\d+$/.test(given)) throw new CliError(`--${name} must be a whole number, not ${given}.`, MISUSE);
  return Number(given);
}

function numbers(list: string | undefined): Set<number> {
  return new Set(
    (list ?? "")
      .split(",")
      .filter((each) => /^\d+$/.test(each))
      .map(Number),
  );
}
