/** Some rounds on one set of sessions, then rest, then everything is checked. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Random } from "../sim/random.ts";
import { begin, check, type Field, listed, nextRequests } from "./field.ts";
import type { Subject } from "./subject.ts";
import { LONG } from "./talk.ts";
import { KINDS, type Kind } from "./target.ts";

/** How often each kind is chosen, of 20, when each has been chosen once. */
const WEIGHTS: Record<Kind, number> = {
  both: 5,
  workerd: 4,
  twice: 3,
  pause: 2,
  pause_both: 2,
  hand: 2,
  hand_twice: 2,
};
/** Those after which no model request is under way that was cut off. */
const GENTLE: readonly Kind[] = ["pause", "hand"];
/** Milliseconds for a session to show progress, and for all of them to rest. */
const PROGRESS_MS = 15_000;
const REST_MS = 90_000;
const LOOK_MS = 20;
/** Milliseconds after which the alarm of any turn under way is overdue: the watchdog (src/brain/groups.ts) and a little. */
const OVERDUE_MS = 26_000;
/** Rounds in a row that cut off the same model request: as many as end its turn (src/brain/decide.ts). */
export const STORM_ROUNDS = 5;

export interface BlockParts extends Field {
  rounds: number;
  /** Whether some of the rounds leave a session no time for progress. */
  storm: boolean;
  /** Whether the block ends with a crash after which nobody comes. */
  dark: boolean;
  say(line: string): void;
}

/** Runs the block; comes back with its violations. */
export async function runBlock(parts: BlockParts): Promise<string[]> {
  const { random } = parts;
  const { lonely, busy, doomed } = await begin(parts);
  const all = [...lonely, ...busy, ...(doomed ? [doomed] : [])];
  const rounds = parts.rounds - (doomed ? STORM_ROUNDS : 0);
  const kinds = kindsOf(rounds, random);
  for (const [i, kind] of kinds.entries()) {
    await sleep(100 + random.below(1200));
    await strike(parts, kind, busy);
    const progress = await progressed(busy);
    parts.tally.rounds[progress ? "progress" : "none"] += 1;
    if (!GENTLE.includes(kind)) parts.tally.toRequest.visited.push(...nextRequests(parts, busy));
    await random.pick(busy).look();
    parts.say(`block ${parts.number}: round ${i + 1} of ${parts.rounds}, ${kind}`);
  }
  const problems = doomed ? await storm(parts, doomed) : [];
  await Promise.all(all.map((subject) => subject.quietClients()));
  await Promise.all(all.map((subject) => subject.quietReaders()));
  if (parts.dark) problems.push(...(await dark(parts, busy)));
  problems.push(...(await atRest(parts, all)));
  return [...problems, ...(await check(parts, all))];
}

async function strike(parts: BlockParts, kind: Kind, subjects: Subject[], down = 0): Promise<void> {
  const { random, tally, target } = parts;
  const hands = subjects.map(({ id }) => id);
  await target.strike(kind, { pause: 100 + random.below(2900), recovery: random.below(300), down, hands });
  tally.kills[kind] += 1;
}

/** Each kind once, in any order, then by weight. */
function kindsOf(rounds: number, random: Random): Kind[] {
  const weighted = KINDS.flatMap((kind) => Array<Kind>(WEIGHTS[kind]).fill(kind));
  const first = KINDS.map((kind) => ({ kind, place: random.next() })).sort((a, b) => a.place - b.place);
  return Array.from({ length: rounds }, (_, i) => first[i]?.kind ?? random.pick(weighted));
}

/** Whether every session that owes progress has made some since it came back. */
async function progressed(busy: Subject[]): Promise<boolean> {
  const since = Date.now();
  for (; Date.now() - since < PROGRESS_MS; await sleep(LOOK_MS))
    if (busy.every((subject) => subject.progressed(since))) return true;
  return false;
}

/** A request that never gets an answer, cut off again and again: the turn must be given up, and the session take the next message. */
async function storm(parts: BlockParts, doomed: Subject): Promise<string[]> {
  doomed.followers[0]?.start();
  await doomed.clients[0]?.say({ ...LONG, held: true });
  for (let round = 0; round < STORM_ROUNDS; round++) {
    await parts.model.held();
    await sleep(parts.random.below(200));
    await strike(parts, "both", [doomed]);
    parts.tally.rounds.none += 1;
    parts.say(`block ${parts.number}: storm, ${round + 1} of ${STORM_ROUNDS}`);
  }
  const problems = await atRest(parts, [doomed]);
  if ((await doomed.exhausted()) !== 1)
    problems.push(`${doomed.name}: ${STORM_ROUNDS} cut requests did not end the turn`);
  await doomed.clients[0]?.say();
  return problems;
}

/** Everybody is gone before it dies, and it stays away until the alarms are overdue: they alone must end the turns. */
async function dark(parts: BlockParts, busy: Subject[]): Promise<string[]> {
  const problems = await atRest(parts, busy);
  await Promise.all(busy.map((subject) => subject.clients[0]?.say(LONG)));
  // What the catalog says later is of this turn only if it has heard of this turn.
  await listed(parts, busy, "running", REST_MS);
  parts.say(`block ${parts.number}: dark for ${OVERDUE_MS / 1000} s`);
  await strike(parts, "both", busy, OVERDUE_MS);
  parts.tally.rounds.progress += 1;
  problems.push(...(await atRest(parts, busy)));
  parts.tally.toRequest.alone.push(...nextRequests(parts, busy));
  return problems;
}

/** Asks the catalog alone: the sessions tell it, and it wakes none. */
async function atRest(parts: BlockParts, subjects: Subject[]): Promise<string[]> {
  const missing = await listed(parts, subjects, "idle", REST_MS);
  return missing.map(({ name, id }) => `I11: ${name} ${id} did not come to rest by itself`);
}
