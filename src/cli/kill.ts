/**
 * `npm run prove:kill`: kills the real Worker under load, again and again (test/kill), checks that nothing acknowledged was lost or doubled and
 * that no tool ran twice, and puts its summary into the README.
 */
import "../../test/sim/workers.ts";
import { positiveInteger, readOptions, runProgram } from "./program.ts";

const MS = 1000;
/** What a published run does at least. */
const FULL = { rounds: 100, sessions: 16, clients: 4 };

const USAGE = `npm run prove:kill -- [options]: kills the real Worker under load and checks what is left. Exit 1: a violation, and nothing is published.
  --rounds N     how often it is killed (${FULL.rounds})
  --sessions N   sessions at a time (${FULL.sessions})
  --clients N    clients of each session (${FULL.clients})
  --seed N       of what is drawn (the date's)
  --write        publish a run of less than the default in README.md`;

await runProgram(kill, process.argv.includes("--verbose"));

async function kill(): Promise<number> {
  const [{ attack, today }, { madeBy, writeSummary }, { summary }] = await Promise.all([
    import("../../test/prove/kill.ts"),
    import("../../test/prove/made.ts"),
    import("../../test/prove/summary.ts"),
  ]);
  const { write, ...sizes } = options(today());
  const began = performance.now();
  const made = await madeBy(["npm run prove:kill", ...asGiven()].join(" "));
  const say = (line: string) => void process.stdout.write(`${line}\n`);
  const { lines, rows, failures } = await attack({ ...sizes, say });
  for (const line of lines) say(line);
  for (const failure of failures) say(`FAILED ${failure}`);
  const seconds = (performance.now() - began) / MS;
  const block = summary({ ...made, seconds }, [...rows, ["violations", `${failures.length}`]], null);
  say(`\n${block}`);
  const full = Object.entries(FULL).every(([what, n]) => sizes[what as keyof typeof FULL] >= n);
  if (failures.length > 0) say("\nNot published: there were violations.");
  else if (full || write) await writeSummary("prove:kill", block);
  else say("\nNot published: this run did less than the default. --write publishes it.");
  return failures.length === 0 ? 0 : 1;
}

function options(seed: number) {
  const text = { type: "string" } as const;
  const write = { type: "boolean" } as const;
  const values = readOptions(USAGE, { rounds: text, sessions: text, clients: text, seed: text, write });
  return {
    rounds: positiveInteger("--rounds", values.rounds, FULL.rounds),
    sessions: positiveInteger("--sessions", values.sessions, FULL.sessions),
    clients: positiveInteger("--clients", values.clients, FULL.clients),
    seed: positiveInteger("--seed", values.seed, seed),
    write: values.write === true,
  };
}

/** The options that change what is run, as they were typed. */
function asGiven(): string[] {
  const given = process.argv.slice(2).filter((arg) => arg !== "--write" && arg !== "--verbose");
  return given.length === 0 ? [] : ["--", ...given];
}
