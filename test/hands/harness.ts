/** Starts the harness Worker in a real workerd, from Node. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { build } from "esbuild";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { buildParts, workerBuild } from "../../src/cli/build.ts";
import type { Result } from "../../src/hands/hand.ts";
import type { Reply } from "../../src/hands/sandbox/rpc.ts";

export interface Harness {
  /** Runs one tool use in a session's sandbox, with a fresh key. */
  run(session: string, name: string, input: Record<string, unknown>, timeoutMs?: number): Promise<Result>;
  /** The longest gap, in milliseconds, of another object's 5 ms timer while `work` runs. */
  heartbeat(work: () => Promise<unknown>): Promise<number>;
  stop(): Promise<void>;
}

export async function startHarness(): Promise<Harness> {
  await buildParts();
  const bundle = await build({ ...workerBuild, entryPoints: [resolve(import.meta.dirname, "harness-worker.ts")] });
  const state = await mkdtemp(join(tmpdir(), "sinew-hands-"));
  const miniflare = new Miniflare({
    ...convertV4MiniflareOptions({
      workers: [
        {
          name: "harness",
          compatibilityDate: "2026-11-01",
          compatibilityFlags: ["nodejs_compat"],
          modules: [
            {
              type: "ESModule",
              path: "index.js",
              contents: bundle.outputFiles[0]!.text,
            },
          ],
          durableObjects: {
            SANDBOX: { className: "Sandbox", useSQLite: true },
            CLOCK: { className: "Clock", useSQLite: true },
          },
          workerLoaders: { LOADER: {} },
        },
      ],
    }),
    host: "127.0.0.1",
    port: 0,
    cf: false,
    logRequests: false,
    resourcePersistencePath: state,
  } as never);
  const url = await miniflare.ready;
  const post = async <T>(path: string, body?: unknown): Promise<T> => {
    const response = await fetch(new URL(path, url.href), { method: "POST", body: JSON.stringify(body ?? null) });
    return (await response.json()) as T;
  };
  let count = 0;
  return {
    async run(session, name, input, timeoutMs = 30_000) {
      const key = `${session}/call${++count}`;
      const call = { key, hand: "sandbox", name, input, digest: key, epoch: 1, deadline: Date.now() + timeoutMs };
      const reply = await post<{ value?: Reply; error?: string }>("/", { session, call });
      if (reply.value === undefined || !("result" in reply.value)) throw new Error(JSON.stringify(reply));
      return reply.value.result;
    },
    async heartbeat(work) {
      await post("/begin");
      await work();
      return post<number>("/end");
    },
    async stop() {
      await miniflare.dispose();
      await rm(state, { recursive: true, force: true });
    },
  };
}
