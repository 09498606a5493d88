/**
 * The real Worker on this machine, in Miniflare: what `npm start`, the contract tests and the benches run. Bindings come from
 * wrangler.toml; storage is where wrangler keeps it, so one folder serves `wrangler dev` too (one program at a time).
 */
import { closeSync, openSync, readdirSync, readSync } from "node:fs";
import { basename, resolve } from "node:path";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { buildParts, bundleWorker } from "./build.ts";
import { applyMigrations } from "./migrate.ts";
import { CliError } from "./program.ts";
import { ROOT } from "./root.ts";
import { lockStorage } from "./storage-lock.ts";

/** A Worker ready to run: JSON through and through, so that one build serves many processes. */
export interface Built {
  script: string;
  /** Miniflare's options for the Worker: the bindings and flags of wrangler.toml. */
  options: Record<string, unknown>;
  /** The variables of wrangler.toml and .dev.vars. */
  vars: Record<string, unknown>;
}

export interface ServeOptions {
  built: Built;
  /** Folder of all storage; made when missing. */
  state: string;
  /** 0: the system chooses. */
  port: number;
  /** These alone are the Worker's variables. */
  vars: Record<string, unknown>;
}

export interface Serving {
  url: string;
  stop(): Promise<void>;
}

const HOST = "127.0.0.1";
/** In each folder of objects: their alarms, and nothing else. Opened when the runtime starts; a session's own file not before the session. */
const ALARMS = "metadata.sqlite";
/** How every file of SQLite begins (sqlite.org/fileformat.html §1.3). */
const MAGIC = "SQLite format 3\0";

/** Bundles the machine, the pages and the Worker, and reads wrangler.toml. */
export async function buildServer(): Promise<Built> {
  const [script, { workerOptions }] = await Promise.all([buildParts().then(() => bundleWorker()), readOptions()]);
  const { bindings, rootPath: _, ...options } = workerOptions;
  return {
    script,
    options,
    vars: { ...(bindings as Record<string, unknown> | undefined) },
  };
}

async function readOptions() {
  const { unstable_getMiniflareWorkerOptions } = await import("wrangler");
  return unstable_getMiniflareWorkerOptions(resolve(ROOT, "wrangler.toml"));
}

/** Starts the Worker with its database migrated; rejects with a CliError when the port or the storage is taken. */
export async function serve({ built, state, port, vars }: ServeOptions): Promise<Serving> {
  lockStorage(state);
  const worker = {
    ...built.options,
    name: "sinew",
    modules: [{ type: "ESModule", path: "index.js", contents: built.script }],
    bindings: vars,
  };
  const miniflare = new Miniflare({
    ...convertV4MiniflareOptions({ workers: [worker] } as never),
    host: HOST,
    port,
    cf: false,
    logRequests: false,
    resourcePersistencePath: resolve(state, "v3"),
  } as never);
  try {
    const url = await miniflare.ready;
    await migrated((await miniflare.getD1Database("DB")) as unknown as D1Database, state);
    return { url: url.origin, stop: () => miniflare.dispose() };
  } catch (error) {
    await miniflare.dispose().catch(() => {});
    if ((error as { code?: unknown }).code === "ERR_ADDRESS_IN_USE") {
      throw new CliError(`port ${port} is taken; stop what uses it, or choose another one with --port N.`);
    }
    const [alarms] = error instanceof CliError ? [] : damagedAlarms(resolve(state, "v3"));
    if (alarms !== undefined) throw new CliError(withoutAlarms(alarms));
    throw error;
  }
}

function withoutAlarms(file: string): string {
  return (
    `${file} is damaged, and the runtime does not start with it; move it away, with its -wal and -shm. It holds alarms alone: a session that was ` +
    "at work goes on when it is next asked for anything."
  );
}

/** The lists, keys and limits are in it; a session is in a file of its own and needs it only to be found. */
async function migrated(db: D1Database, state: string): Promise<void> {
  await applyMigrations(db).catch((error: Error) => {
    const folder = resolve(state, "v3/d1");
    throw new CliError(
      `the database in ${folder} cannot be read or written: ${error.message}. Make room, or put back a copy of the folder.`,
    );
  });
}

/** The files of alarms that are no databases; an empty one is a new one. The runtime says what SQLite says, and not of which. */
function damagedAlarms(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true }) as string[];
  const files = names.filter((name) => basename(name) === ALARMS).map((name) => resolve(folder, name));
  return files.filter((file) => ![MAGIC, ""].includes(beginning(file)));
}

function beginning(file: string): string {
  const bytes = Buffer.alloc(MAGIC.length);
  const descriptor = openSync(file, "r");
  try {
    return bytes.toString("latin1", 0, readSync(descriptor, bytes));
  } finally {
    closeSync(descriptor);
  }
}
