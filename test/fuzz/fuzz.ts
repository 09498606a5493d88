/** The run: rounds of hostile requests against the real Worker, each answer judged, and the whole storage looked through at the end. */
import fc from "fast-check";
import { audit } from "./audit.ts";
import { type BatchPlan, playBatches, someBatches } from "./batches.ts";
import { playCorpus } from "./corpus.ts";
import { send } from "./http.ts";
import { judge } from "./oracle.ts";
import { aPlan, type Plan, requestOf } from "./plans.ts";
import { aTalk, type Talk, talk } from "./sockets.ts";
import { Totals } from "./totals.ts";
import { SECRETS, World } from "./world.ts";

export interface FuzzOptions {
  seed: number;
  /** fast-check's path to one case; null: from the beginning. */
  path: string | null;
  rounds: number;
  /** Stops beginning new rounds then. */
  ms?: number;
}

export interface FuzzReport {
  totals: Totals;
  /** Empty: nothing found. Otherwise with the smallest round that shows it. */
  problems: string[];
}

/** Requests of one mix that are under way together. */
const MAX_MIX = 12;

type Round = { mix: Plan[] } | { batches: BatchPlan[] } | { talk: Talk };

const aRound: fc.Arbitrary<Round> = fc.oneof(
  { arbitrary: fc.record({ mix: fc.array(aPlan, { minLength: 1, maxLength: MAX_MIX }) }), weight: 7 },
  { arbitrary: fc.record({ batches: someBatches }), weight: 2 },
  { arbitrary: fc.record({ talk: aTalk }), weight: 1 },
);

/** The server must have been built (`prepareServer`). Rejects only when the server cannot be started or used at all. */
export async function fuzz({ seed, path, rounds, ms }: FuzzOptions): Promise<FuzzReport> {
  const world = await World.open();
  const totals = new Totals();
  try {
    const problems = path === null ? await playCorpus(world, totals) : [];
    const property = fc.asyncProperty(aRound, async (round) => {
      const found = [...new Set(await play(round, world, totals))];
      if (found.length > 0) throw new Error(found.join("\n"));
    });
    const details = await fc.check(property, {
      seed,
      numRuns: rounds,
      includeErrorInReport: true,
      ...(path === null ? {} : { path }),
      ...(ms === undefined ? {} : { interruptAfterTimeLimit: ms, markInterruptAsFailure: false }),
    });
    if (details.failed)
      problems.push(fc.defaultReportMessage(details) ?? "failed", replay(seed, details.counterexamplePath));
    problems.push(...(await audit(world)), ...complaints(world.server.output()));
    return { totals, problems };
  } finally {
    await world.server.stop();
  }
}

async function play(round: Round, world: World, totals: Totals): Promise<string[]> {
  totals.rounds += 1;
  const problems: string[] = [];
  if ("mix" in round)
    problems.push(...(await Promise.all(round.mix.map((plan) => request(plan, world, totals)))).flat());
  if ("batches" in round) problems.push(...(await playBatches(round.batches, world, totals)));
  if ("talk" in round) problems.push(...(await talk(round.talk, world, totals)));
  const health = await fetch(`${world.server.url}/healthz`).then(
    (response) => response.status,
    (error: Error) => error.message,
  );
  if (health !== 200) problems.push(`/healthz afterwards: ${health}`);
  return problems;
}

async function request(plan: Plan, world: World, totals: Totals): Promise<string[]> {
  const request = requestOf(plan, world);
  const reply = await send(world.url, request);
  const what = `${request.method} ${request.target}`;
  if (typeof reply === "string") totals.count(plan.kind, reply, 0, what);
  else {
    totals.count(plan.kind, reply.status, reply.ms, what);
    world.observe(reply);
  }
  const status = typeof reply === "string" ? reply : reply.status;
  return judge({ request, reply, secrets: SECRETS }).map((problem) => `${what.slice(0, 200)} (${status}): ${problem}`);
}

/** What workerd writes, as an uncaught exception, of a client that breaks RFC 6455. No code of ours sees it. */
const PLATFORM_LINE = /WebSocket protocol error/;

/** Lines that the server's log must not have: errors, what workerd calls uncaught, and secrets. */
export function complaints(log: string): string[] {
  const bad = log
    .split("\n")
    .filter(
      (line) =>
        (/"level":"error"|uncaught|exception/i.test(line) && !PLATFORM_LINE.test(line)) ||
        SECRETS.some((secret) => line.includes(secret)),
    );
  return [...new Set(bad)].map((line) => `in the log: ${line}`);
}

function replay(seed: number, path: string | null): string {
  return `Again: node src/cli/run.mjs fuzz --seed ${seed} --path ${path}`;
}
