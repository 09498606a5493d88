/** Schedules on every core: jobs go to worker threads, sums come back. */
import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { Worker } from "node:worker_threads";
import type { Boundaries } from "./boundary.ts";
import type { Sum } from "./seeds.ts";

export type Job = { do: "seeds"; from: number; count: number } | { do: "boundaries"; seeds: number[]; pairs: boolean };
export interface Done {
  sum?: Sum;
  boundaries?: Boundaries;
}

/** Schedules leave nothing behind: with room for many of them, nearly all is garbage whenever it is looked at. */
const YOUNG_MB = 128;

/** Runs every job once; `each` hears of each result as it comes. Rejects when a thread dies. */
export async function runJobs(jobs: Job[], each: (done: Done) => void): Promise<void> {
  const waiting = [...jobs];
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), jobs.length) }, () => thread(waiting, each)));
}

function thread(waiting: Job[], each: (done: Done) => void): Promise<void> {
  const worker = new Worker(resolve(import.meta.dirname, "worker.ts"), {
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
  });
  return new Promise((resolve, reject) => {
    const next = () => {
      const job = waiting.shift();
      if (job) worker.postMessage(job);
      else void worker.terminate().then(() => resolve());
    };
    worker.on("message", (done: Done) => {
      each(done);
      next();
    });
    worker.on("error", reject);
    next();
  });
}
