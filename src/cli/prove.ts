/**
 * `npm run prove`: the long run of the reliability layers. `--seed N` begins at another seed than the date's, `--schedules N` sets how many
 * layer A plays, `--layers A,B` chooses. `--seed N --only 3,17 --without 2` plays one schedule and shows it. Exit 1 on any violation.
 */
import { performance } from "node:perf_hooks";
import { parseArgs } from "node:util";
import "../../test/sim/workers.ts";
import { run } from "./program.ts";

const SCHEDULES = 200_000;
const MS = 1000;

const { values } = parseArgs({
  options: {
    seed: { type: "string" },
    schedules: { type: "string" },
    layers: { type: "string" },
    only: { type: "string" },
    without: { type: "string" },
    verbose: { type: "boolean" },
  },
});
const say = (line: string) => void process.stdout.write(`${line}\n`);
await run(values.only === undefined ? prove : show, values.verbose === true);

async function prove(): Promise<number> {
  const { LAYERS } = await import("../../test/sim/layers.ts");
  const { seedOf } = await import("../../test/sim/seeds.ts");
  const wanted = values.layers?.split(",");
  const seed = values.seed === undefined ? seedOf(new Date()) : Number(values.seed);
  let failed = 0;
  for (const layer of LAYERS.filter(({ name }) => wanted?.includes(name.slice(0, 1)) ?? true)) {
    say(`\n${layer.name}`);
    const began = performance.now();
    const { lines, failures } = await layer.run({ seed, schedules: Number(values.schedules ?? SCHEDULES), say });
    for (const line of lines) say(line);
    for (const failure of failures) say(`FAILED ${failure}`);
    say(
      `${((performance.now() - began) / MS).toFixed(1)} s, ${failures.length === 0 ? "no violation" : `${failures.length} failures`}`,
    );
    failed += failures.length;
  }
  return failed === 0 ? 0 : 1;
}

async function show(): Promise<number> {
  const { install } = await import("../../test/sim/globals.ts");
  const { play } = await import("../../test/sim/schedule.ts");
  const { verdict } = await import("../../test/sim/seeds.ts");
  const { Evaluations } = await import("../../test/checker/check.ts");
  const restore = install();
  const played = await play({
    seed: Number(values.seed),
    only: numbers(values.only),
    without: numbers(values.without),
    trace: true,
  });
  restore();
  const violations = verdict(played, new Evaluations());
  for (const line of [...played.trace, "", ...violations]) say(line);
  return violations.length === 0 ? 0 : 1;
}

function numbers(list: string | undefined): Set<number> {
  return new Set(
    (list ?? "")
      .split(",")
      .filter((one) => /^\d+$/.test(one))
      .map(Number),
  );
}
