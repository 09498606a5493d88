/** One thread of `pool.ts`. */
import "./workers.ts";
import { parentPort } from "node:worker_threads";
import type { Done, Job } from "./pool.ts";

const { install } = await import("./globals.ts");
const { enumerate, noBoundaries } = await import("./boundary.ts");
const { runSeeds } = await import("./seeds.ts");
install();

parentPort?.on("message", async (job: Job) => {
  const done: Done = {};
  if (job.do === "seeds") done.sum = await runSeeds(job.from, job.count);
  else {
    done.boundaries = noBoundaries();
    for (const seed of job.seeds) await enumerate(seed, done.boundaries, job.pairs);
  }
  parentPort?.postMessage(done);
});
