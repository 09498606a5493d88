/** Runs mutants, two at a time, each in a thread of its own, which also ends those that never would. */
import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { Bundler } from "./bundle.ts";
import type { Patch, SuiteName } from "./mutant.ts";

/** The whole core suite takes about ten seconds of one busy core. */
const MOST_MS = 90_000;
const THREADS = 2;

export interface Verdict {
  /** The test that failed, or why there was no end; null: nothing noticed. */
  killedBy: string | null;
  /** What comes of the patches is no program: nothing was tried. */
  unfit: boolean;
  ms: number;
}

export interface Job {
  suite: SuiteName;
  patches: Patch[];
}

/** A verdict for each job, in their order; `each` is told as they come. */
export async function runMutants<T extends Job>(
  jobs: T[],
  each: (job: T, verdict: Verdict) => void,
): Promise<Verdict[]> {
  const folder = await mkdtemp(join(tmpdir(), "sinew-mutants-"));
  const verdicts: Verdict[] = [];
  let next = 0;
  const line = async () => {
    const bundlers = new Map<SuiteName, Bundler>();
    for (let i = next++; i < jobs.length; i = next++) {
      const job = jobs[i] as T;
      const bundler = bundlers.get(job.suite) ?? new Bundler(job.suite);
      bundlers.set(job.suite, bundler);
      const verdict = await judge(bundler, job, folder);
      verdicts[i] = verdict;
      each(job, verdict);
    }
    for (const bundler of bundlers.values()) await bundler.close();
  };
  try {
    await Promise.all(Array.from({ length: THREADS }, line));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return verdicts;
}

async function judge(bundler: Bundler, job: Job, folder: string): Promise<Verdict> {
  const began = performance.now();
  const path = join(folder, `${randomUUID()}.mjs`);
  try {
    await writeFile(path, await bundler.bundle(job.patches));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { killedBy: `does not build: ${why}`, unfit: true, ms: performance.now() - began };
  }
  const killedBy = await inThread(path);
  await rm(path);
  return { killedBy, unfit: false, ms: performance.now() - began };
}

function inThread(path: string): Promise<string | null> {
  const worker = new Worker(pathToFileURL(path), { stdout: true, stderr: true, env: process.env });
  return new Promise((resolve) => {
    const done = (killedBy: string | null) => {
      clearTimeout(timer);
      resolve(killedBy);
      void worker.terminate();
    };
    const timer = setTimeout(() => done("does not end"), MOST_MS);
    worker.on("message", ({ failed }: { failed: string | null }) => done(failed));
    worker.on("error", (error) => done(`breaks: ${error.message}`.slice(0, 300)));
    // Whoever waits for something that never comes lets its thread run out of work.
    worker.on("exit", () => done("waits for ever"));
  });
}
