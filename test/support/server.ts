/**
 * The real Worker over HTTP, in a process of its own: contract tests and benches talk to it, kill it, and start it again on the same
 * storage. `prepareServer` builds it once per run (the contract project's set-up does).
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { ROOT, writeAtomically } from "../../src/cli/root.ts";
import { type Built, buildServer } from "../../src/cli/serve.ts";

/** Where `prepareServer` leaves the Worker, a `Built` as JSON. */
export const BUILT = resolve(ROOT, "dist/server.json");
const PROGRAM = resolve(import.meta.dirname, "server-process.ts");

export const TEST_KEY = "sk-test";
/** A key of another workspace. */
export const OTHER_KEY = "sk-other";

const UNREACHED: NonNullable<ServerOptions["rates"]> = { creates: 1_000_000, reads: 1_000_000, period: 60 };

export interface Server {
  /** `http://127.0.0.1:port`. */
  url: string;
  /** A key of the workspace `default`. */
  key: string;
  /** The storage's folder, for a start on the same one. */
  state: string;
  /** What the process has written: logs of the Worker among it. */
  output(): string;
  /** Ends it in order; storage that it made itself is deleted. Safe to call twice. */
  stop(): Promise<void>;
  /** SIGKILL to the process and its workerd; the storage stays. */
  kill(): Promise<void>;
}

export interface ServerOptions {
  /** Storage to use and keep; absent: a new folder that `stop` deletes. */
  state?: string;
  /** Over the defaults: test keys, the rehearsal at full speed. */
  vars?: Record<string, string>;
  /** Where `claude-*` models are asked. */
  modelUrl?: string;
  /** Requests that a workspace may make in a period of seconds; absent: more than any test makes. */
  rates?: { creates: number; reads: number; period: 10 | 60 };
  /** 0, the default: the system chooses. */
  port?: number;
  /** Another Worker than the one of `prepareServer`. */
  built?: Built;
}

/** Builds the Worker for the servers of this run. */
export async function prepareServer(): Promise<void> {
  await writeAtomically(BUILT, JSON.stringify(await buildServer()));
}

/** Rejects with the process's words when it does not come up. */
export async function startServer(options: ServerOptions = {}): Promise<Server> {
  const built = rated(options.built ?? (JSON.parse(await readFile(BUILT, "utf8")) as Built), options.rates);
  const state = options.state ?? (await mkdtemp(resolve(tmpdir(), "sinew-")));
  const child = spawn(process.execPath, [PROGRAM], { detached: true, stdio: ["pipe", "pipe", "pipe"] });
  let output = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  // Not ended: the process stops when this pipe breaks, so that none outlives a test run.
  child.stdin.write(`${JSON.stringify({ built, state, port: options.port ?? 0, vars: varsOf(options) })}\n`);
  const lines = createInterface(child.stdout);
  const gone = once(child, "exit");
  // Later than `gone`: everything that it wrote has come.
  const closed = once(child, "close");
  const url = await Promise.race([once(lines, "line").then(([line]) => String(line)), gone.then(() => null)]);
  const forget = () => (options.state === undefined ? rm(state, { recursive: true, force: true }) : Promise.resolve());
  if (url === null) {
    await closed;
    await forget();
    throw new Error(`the server did not start:\n${output}`);
  }
  lines.on("line", (line) => {
    output += `${line}\n`;
  });
  return {
    url,
    key: TEST_KEY,
    state,
    output: () => output,
    stop: async () => {
      child.stdin.end();
      await gone;
      await forget();
    },
    kill: async () => {
      process.kill(-(child.pid as number), "SIGKILL");
      await gone;
    },
  };
}

/** The Worker with other numbers in its rate-limit bindings. */
function rated(built: Built, { creates, reads, period } = UNREACHED): Built {
  const binding = (name: string, limit: number) => ({
    type: "ratelimit",
    namespace_id: name,
    simple: { limit, period },
  });
  const ratelimits = { CREATE_LIMIT: binding("1", creates), READ_LIMIT: binding("2", reads) };
  return { ...built, options: { ...built.options, ratelimits } };
}

function varsOf({ vars, modelUrl }: ServerOptions): Record<string, string> {
  return {
    API_KEYS: `test:${TEST_KEY},other/second:${OTHER_KEY}`,
    REHEARSAL: "1",
    REHEARSAL_PACE: "0,0",
    ...(modelUrl === undefined ? {} : { ANTHROPIC_BASE_URL: modelUrl, ANTHROPIC_API_KEY: "sk-model" }),
    ...vars,
  };
}
