/** Runs test/streams/host.ts in Miniflare. */
import { resolve } from "node:path";
import { build } from "esbuild";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";

export interface TestServer {
  url: string;
  /** Calls one of the host's hands. */
  hand<T>(name: string, what: "commit" | "preview" | "remove" | "refuse" | "break" | "look", body?: object): Promise<T>;
  /** Takes the object out of memory; its sockets stay (`hibernate`) or break (`close`). */
  evict(name: string, webSockets: "hibernate" | "close"): Promise<void>;
  stop(): Promise<void>;
}

export async function startServer(): Promise<TestServer> {
  const { outputFiles } = await build({
    entryPoints: [resolve(import.meta.dirname, "host.ts")],
    bundle: true,
    write: false,
    format: "esm",
    target: "es2024",
    platform: "neutral",
    mainFields: ["browser", "module", "main"],
    conditions: ["workerd", "worker", "browser"],
    external: ["cloudflare:*", "node:*"],
    logLevel: "silent",
  });
  const worker = {
    name: "host",
    compatibilityDate: "2026-11-01",
    compatibilityFlags: ["nodejs_compat"],
    modules: [{ type: "ESModule", path: "host.js", contents: outputFiles[0]?.text ?? "" }],
    durableObjects: { SESSION: { className: "TestSession", useSQLite: true } },
    // Without a table in it: whether a key is revoked cannot be known, and no stream minds.
    d1Databases: { DB: "00000000-0000-4000-8000-000000000001" },
  };
  const miniflare = new Miniflare({
    ...convertV4MiniflareOptions({ workers: [worker] } as never),
    host: "127.0.0.1",
    port: 0,
    cf: false,
    logRequests: false,
  } as never);
  const url = (await miniflare.ready).origin;
  return {
    url,
    hand: async (name, what, body = {}) => {
      const response = await fetch(`${url}/do/${name}/${what}`, { method: "POST", body: JSON.stringify(body) });
      if (!response.ok) throw new Error(`${what}: ${response.status} ${await response.text()}`);
      return (await response.json()) as never;
    },
    evict: (name, webSockets) => miniflare.unsafeEvictDurableObject("host", "TestSession", { name, webSockets }),
    stop: () => miniflare.dispose(),
  };
}
