/**
 * `npm run prove:kill`: kills the real Worker under load, again and again, and checks that nothing acknowledged was lost or doubled and that no
 * tool ran twice. Prints a table; exit code 1 with what was violated. What it does is in test/kill.
 */
import { parseArgs } from "node:util";
import { prove } from "../../test/kill/prove.ts";
import { prepareServer } from "../../test/support/server.ts";
import { MISUSE, run, Trouble } from "./program.ts";

const DAY_MS = 86_400_000;
const BLOCK_ROUNDS = 10;
const SHOWN_VIOLATIONS = 50;

await run(kill, process.argv.includes("--verbose"));

async function kill(): Promise<number> {
  const options = readOptions();
  const say = (line: string) => process.stdout.write(`${line}\n`);
  say(`seed ${options.seed}: ${options.rounds} rounds, ${options.sessions} sessions of ${options.clients} clients`);
  await prepareServer();
  const proof = await prove({ ...options, blockRounds: BLOCK_ROUNDS, dark: true, say });
  say(`\n${proof.tally.table()}`);
  say(`  evaluated                 ${[...proof.evaluations.counts].map(([id, count]) => `${id} ${count}`).join(", ")}`);
  for (const text of proof.failedStarts) say(`  a start failed at first   ${text.replaceAll("\n", " ")}`);
  say(`  time                      ${proof.seconds.toFixed(0)} s\n`);
  for (const violation of proof.violations.slice(0, SHOWN_VIOLATIONS)) say(violation);
  say(proof.violations.length === 0 ? "No violation." : `${proof.violations.length} violations.`);
  return proof.violations.length === 0 ? 0 : 1;
}

function readOptions(): { rounds: number; sessions: number; clients: number; seed: number } {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    args: process.argv.slice(2),
    options: { rounds: text, sessions: text, clients: text, seed: text, verbose: { type: "boolean" } },
  });
  return {
    rounds: whole("--rounds", values.rounds, 100),
    sessions: whole("--sessions", values.sessions, 16),
    clients: whole("--clients", values.clients, 4),
    // Another schedule each day; the seed that is printed repeats its choices, not its timing.
    seed: whole("--seed", values.seed, Math.floor(Date.now() / DAY_MS)),
  };
}

function whole(name: string, text: string | undefined, absent: number): number {
  if (text === undefined) return absent;
  if (!/^[1-9]\d*$/.test(text)) throw new Trouble(`${name} must be a whole number from 1, not ${text}.`, MISUSE);
  return Number(text);
}
