/** Layer D: SIGKILL under load (test/kill), as a layer of `npm run prove` and as `npm run prove:kill`. */
import { prove } from "../kill/prove.ts";
import { OUTSIDE } from "../kill/tally.ts";
import { type Layer, pairs, type Report, type Request, type Row, sum, whole } from "./layer.ts";

const DAY_MS = 86_400_000;
const BLOCK_ROUNDS = 10;
const SHOWN_VIOLATIONS = 50;
/** As the load is asked for: sessions at the same time, client programs of each. */
const SESSIONS = 16;
const CLIENTS = 4;
/** Not for the README: what is about speed, or of interest only when something is wrong. */
const TOLD_ONLY = ["frames read", "events in the logs", "to next request, visited", "to next request, alone"];

export interface Attack {
  rounds: number;
  sessions: number;
  clients: number;
  seed: number;
  say(line: string): void;
}

export const KILL: Layer = {
  name: "D: kill -9 under load",
  run: ({ rounds, say }: Request) => attack({ rounds, sessions: SESSIONS, clients: CLIENTS, seed: today(), say }),
};

export async function attack(options: Attack): Promise<Report> {
  const { rounds, sessions, clients, seed, say } = options;
  say(`  seed ${seed}: ${rounds} rounds, ${sessions} sessions of ${clients} clients`);
  const proof = await prove({ ...options, blockRounds: BLOCK_ROUNDS, dark: true, say: (line) => say(`  ${line}`) });
  const counted = proof.tally.rows();
  const ran = proof.tally.rounds.progress + proof.tally.rounds.none;
  const load: Row = ["load", `${sessions} sessions of ${clients} clients at a time, seed ${seed}`];
  const counts = Object.fromEntries([...proof.evaluations.counts].filter(([id]) => OUTSIDE.includes(id)));
  const judged: Row = ["invariants evaluated", pairs(counts)];
  return {
    lines: [...counted, judged]
      .map(([what, value]) => `  ${what.padEnd(26)}${value}`)
      .concat(proof.failedStarts.map((text) => `  a start failed at first   ${text.replaceAll("\n", " ")}`)),
    rows: [
      load,
      ...counted.filter(([what]) => !TOLD_ONLY.includes(what)),
      ["invariants evaluated", `${OUTSIDE.length} that can be seen from outside, ${whole(sum(counts))} times`],
    ],
    failures: [
      ...(ran === 0 ? ["no round was run"] : []),
      ...never(counts, "was never evaluated"),
      ...never(proof.tally.kills, "was never done to it"),
      ...proof.violations.slice(0, SHOWN_VIOLATIONS),
      ...(proof.violations.length > SHOWN_VIOLATIONS ? [`and more: ${proof.violations.length} in all`] : []),
    ],
  };
}

function never(counts: Record<string, number>, why: string): string[] {
  return Object.entries(counts).flatMap(([what, n]) => (n === 0 ? [`${what} ${why}`] : []));
}

/** Another schedule each day; the seed that is printed repeats its choices, not its timing. */
export function today(): number {
  return Math.floor(Date.now() / DAY_MS);
}
