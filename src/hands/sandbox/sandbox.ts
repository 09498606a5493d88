/**
 * The Sandbox object: drives one session's machine; its name is the session id. Nothing starts before the first call. The machine is an isolate that
 * the loader makes from dist/machine.txt; it runs as a facet, so its files and journal are a SQLite database of their own inside this object.
 */
import { DurableObject } from "cloudflare:workers";
import machineText from "../../../dist/machine.txt";
import type { Env } from "../../env.ts";
import { invalid, type Outcome } from "../../protocol/errors.ts";
import type { Call } from "../hand.ts";
import type { IsolateHost } from "../machines/isolate/entry.ts";
import { CPU_MS } from "../machines/isolate/limits.ts";
import type { Reply } from "./call-runner.ts";
import { Lazy } from "./lazy.ts";

const FACET = "machine";
/** Folders whose files other objects may put in and take out. */
const SHARED = ["/workspace/", "/mnt/session/"];
/** Characters of the platform's own words in a log line. */
const REASON_CHARS = 200;
const COMPATIBILITY_DATE = "2026-11-01";

/** What the facet answers, as plain promises. */
type Machine = Pick<IsolateHost, "ready" | "execute" | "cancel" | "putFile" | "getFile">;

export class Sandbox extends DurableObject<Env> {
  readonly #loader: WorkerLoader;
  readonly #machine: Lazy<Machine>;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#loader = env.LOADER;
    this.#machine = new Lazy(() => this.#start().catch((error: unknown) => this.#failed(error)));
  }

  /** Starts the machine; failing is silent, since the next call starts it again. */
  async warm(_epoch: number): Promise<void> {
    await this.#machine.get().catch(() => {});
  }

  /** Runs a call at most once per key. Rejects only when the machine broke; the same call may then be sent again. */
  execute(call: Call): Promise<Reply> {
    return this.#use((machine) => machine.execute(call));
  }

  /** Stops a call and discards what it changed. A machine that was never started has nothing to stop. */
  async cancel(key: string, epoch: number): Promise<void> {
    await this.#use((machine) => machine.cancel(key, epoch));
  }

  /** Stores a file below /workspace or /mnt/session; other paths, and a full disk, are refused. */
  async putFile(path: string, bytes: Uint8Array): Promise<Outcome<null>> {
    const refused = shared(path);
    if (refused !== null) return refused;
    const problem = await this.#use((machine) => machine.putFile(path, bytes));
    return problem === null ? { ok: true, value: null } : { ok: false, error: invalid(`${path}: ${problem}`) };
  }

  /** A file's bytes, null when there is no such file; paths outside /workspace and /mnt/session are refused. */
  async getFile(path: string): Promise<Outcome<Uint8Array | null>> {
    const refused = shared(path);
    if (refused !== null) return refused;
    return { ok: true, value: await this.#use((machine) => machine.getFile(path)) };
  }

  /** Deletes the machine, its files and its journal. Twice is fine. */
  async remove(): Promise<void> {
    this.#machine.clear();
    this.ctx.facets.delete(FACET);
    await this.ctx.storage.deleteAll();
  }

  async #use<T>(work: (machine: Machine) => Promise<T>): Promise<T> {
    const starting = this.#machine.get();
    const machine = await starting;
    try {
      return await work(machine);
    } catch (error) {
      this.#machine.lose(starting);
      throw error;
    }
  }

  /** The callers try again in silence, so nothing else tells the operator why a session's tools do not answer. Nothing of the agent has run yet. */
  #failed(error: unknown): never {
    const why = error instanceof Error ? `${error.name}: ${error.message.slice(0, REASON_CHARS)}` : typeof error;
    console.error(JSON.stringify({ level: "error", event: "machine_start", session: this.ctx.id.name, error: why }));
    throw error;
  }

  async #start(): Promise<Machine> {
    const session = this.ctx.id.name;
    if (session === undefined) throw new Error("a sandbox is reached by its session's id");
    const hash = await sha256(machineText);
    const worker = this.#loader.get(`${hash}:${session}`, () => ({
      compatibilityDate: COMPATIBILITY_DATE,
      compatibilityFlags: ["nodejs_compat"],
      mainModule: "machine.js",
      modules: { "machine.js": machineText },
      env: {},
      globalOutbound: null,
      limits: { cpuMs: CPU_MS },
    }));
    const machine = this.ctx.facets.get<IsolateHost>(FACET, () => ({
      class: worker.getDurableObjectClass<IsolateHost>("IsolateHost"),
    }));
    await machine.ready();
    return machine;
  }
}

/** The refusal of a path that is not below a shared folder; null when it is. */
function shared(path: string): Outcome<never> | null {
  const clean = !path.split("/").includes("..") && !path.includes("\0");
  if (clean && SHARED.some((folder) => path.startsWith(folder) && path.length > folder.length)) return null;
  return { ok: false, error: invalid(`${path}: only files below ${SHARED.join(" and ")} can be put in or taken out`) };
}

async function sha256(text: string): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
