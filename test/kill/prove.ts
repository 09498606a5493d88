/** Layer D (reliability.md §3.5): the whole run, as `npm run prove:kill` and, short, as a contract test. */
import Anthropic from "@anthropic-ai/sdk";
import { Evaluations } from "../checker/check.ts";
import { Random } from "../sim/random.ts";
import { startModelServer } from "../support/model-server/server.ts";
import { runBlock } from "./block.ts";
import { Tally } from "./tally.ts";
import { Target } from "./target.ts";

/** Every so many sets of sessions one has a storm: a tenth of the rounds leaves no time for progress. */
const STORM_EVERY = 5;

export interface ProveOptions {
  rounds: number;
  sessions: number;
  clients: number;
  seed: number;
  /** Rounds per set of sessions: a longer set has longer prompts. */
  blockRounds: number;
  /** Whether each set ends with a crash after which nobody comes until the alarms are overdue: half a minute each. */
  dark: boolean;
  say(line: string): void;
}

export interface Proof {
  tally: Tally;
  evaluations: Evaluations;
  violations: string[];
  seconds: number;
  /** Lines that the last process wrote of turns it took up. */
  recoveries: number;
  /** What starts that did not succeed at once said: a taken port, a folder in use. */
  failedStarts: string[];
}

/** The server must have been built (`prepareServer`). */
export async function prove(options: ProveOptions): Promise<Proof> {
  const began = performance.now();
  const random = new Random(options.seed);
  const model = await startModelServer();
  const target = await Target.start(model.url, options.clients);
  const operator = new Anthropic({ baseURL: target.url, apiKey: target.key, maxRetries: 10 });
  const tally = new Tally();
  const evaluations = new Evaluations();
  const violations: string[] = [];
  try {
    for (let done = 0, number = 0; done < options.rounds; done += options.blockRounds, number++) {
      const rounds = Math.min(options.blockRounds, options.rounds - done);
      const storm = number % STORM_EVERY === 1;
      const found = await runBlock({
        ...options,
        number,
        rounds,
        storm,
        target,
        operator,
        model,
        random,
        tally,
        evaluations,
      });
      violations.push(...found);
    }
    const seconds = (performance.now() - began) / 1000;
    return {
      tally,
      evaluations,
      violations,
      seconds,
      recoveries: target.recoveries(),
      failedStarts: target.failedStarts,
    };
  } finally {
    await target.stop();
    await model.close();
  }
}
