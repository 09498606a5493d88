/**
 * The Sandbox object: drives one session's machine; its name is the session id. Nothing starts before the first call.
 */
import { DurableObject } from "cloudflare:workers";
import type { Env } from "../../env.ts";
import { invalid, type Outcome } from "../../protocol/errors.ts";
import { type Call, errorResult, NO_MACHINE_TEXT } from "../hand.ts";
import { BARE_PROVISION, type Provision } from "../machine.ts";
import { MACHINES } from "../machines/index.ts";
import { CannotStart, Lazy, NotStarted } from "./lazy.ts";
import type { HostedMachine, MachineRpc, Reply, SandboxRpc } from "./rpc.ts";

/** Folders whose files other objects may put in and take out. */
const SHARED = ["/workspace/", "/mnt/session/"];
/** Characters of the platform's own words in a log line. */
const REASON_CHARS = 200;

export class Sandbox extends DurableObject<Env> implements SandboxRpc {
  readonly #loader: WorkerLoader;
  readonly #machine: Lazy<MachineRpc>;
  #provision: Provision = BARE_PROVISION;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#loader = env.LOADER;
    this.#machine = new Lazy(
      () => this.#start(),
      (error) => this.#tell(error),
    );
  }

  /** Starts the machine; failing is silent, since the next call starts it again. */
  async warm(_epoch: number, provision?: Provision): Promise<void> {
    this.#become(provision);
    await this.#machine.get().catch(() => {});
  }

  /**
   * Runs a call at most once per key. Rejects only when the machine broke; the same call may then be sent again. A machine that cannot be started is a
   * result.
   */
  async execute(call: Call, provision?: Provision): Promise<Reply> {
    this.#become(provision);
    try {
      return await this.#use((machine) => machine.execute(call));
    } catch (error) {
      if (!(error instanceof NotStarted)) throw error;
      const why = error.cause instanceof CannotStart ? ` (${error.cause.message})` : "";
      return { result: { ...errorResult(NO_MACHINE_TEXT + why), unknown: true } };
    }
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
    this.#hosted().remove();
    await this.ctx.storage.deleteAll();
  }

  async #use<T>(work: (machine: MachineRpc) => Promise<T>): Promise<T> {
    const starting = this.#machine.get();
    const machine = await starting;
    try {
      return await work(machine);
    } catch (error) {
      this.#machine.lose(starting);
      throw error;
    }
  }

  /** The session's log holds the fixed text alone; this is where the operator finds the platform's own words. Nothing of the agent has run yet. */
  #tell({ tries, cause }: NotStarted): void {
    const error = cause instanceof Error ? `${cause.name}: ${cause.message.slice(0, REASON_CHARS)}` : typeof cause;
    const session = this.ctx.id.name;
    console.error(JSON.stringify({ level: "error", event: "machine_start", session, tries, error }));
  }

  async #start(): Promise<MachineRpc> {
    const machine = await this.#hosted().open();
    const problem = await machine.start(this.#provision);
    if (problem !== null) throw new CannotStart(problem);
    return machine;
  }

  /** A machine that was started before its session said what it is to be is told now. */
  #become(provision = this.#provision): void {
    if (JSON.stringify(provision) === JSON.stringify(this.#provision)) return;
    this.#provision = provision;
    this.#machine.clear();
  }

  #hosted(): HostedMachine {
    const session = this.ctx.id.name;
    if (session === undefined) throw new Error("a sandbox is reached by its session's id");
    return MACHINES.isolate({ session, facets: this.ctx.facets, loader: this.#loader });
  }
}

/** The refusal of a path that is not below a shared folder; null when it is. */
function shared(path: string): Outcome<never> | null {
  const clean = !path.split("/").includes("..") && !path.includes("\0");
  if (clean && SHARED.some((folder) => path.startsWith(folder) && path.length > folder.length)) return null;
  return { ok: false, error: invalid(`${path}: only files below ${SHARED.join(" and ")} can be put in or taken out`) };
}
