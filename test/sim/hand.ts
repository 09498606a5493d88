/** The hand and its machines: they outlive the session's instances, and keep a journal of what was run. */
import { type Call, type Hand, HandRefused, type OpenCalls, type Result, UNKNOWN_TEXT } from "../../src/hands/hand.ts";
import type { HandEntry } from "../checker/dump.ts";
import type { Instance } from "./instance.ts";
import type { Later } from "./pending.ts";
import { Injected } from "./points.ts";

interface Entry extends HandEntry {
  recorded: string | null;
  state: "running" | "done" | "unknown";
  waiters: ((result: Result) => void)[];
}

export interface Parts {
  later: Later;
  /** The newest durable seq. */
  newest(): number;
  /** Whether a word is lost before it has its effect, or its answer after that. */
  fails(): "lost" | "unheard" | null;
}

/** A hand that keeps its contract (hands/hand.ts): the sandbox's own record of keys outlives the machine and its disk. */
export class SimHand {
  readonly entries = new Map<string, Entry>();
  readonly machines = { begun: 0, alive: 0 };
  readonly running: Entry[] = [];
  #epoch = 0;
  #open: OpenCalls = { at: 0, keys: [] };
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** The hand as one instance sees it. */
  of(instance: Instance): Hand {
    return {
      // Failing is silent, as the contract says.
      warm: (epoch) => this.#warm(instance, epoch).catch(() => {}),
      execute: (call) => this.#execute(instance, call),
      cancel: async (key, epoch) => {
        instance.point("hand.cancel", "before");
        this.#reached(() => this.#cancel(key, epoch));
        instance.point("hand.cancel", "after");
      },
      remove: async () => {
        instance.point("hand.remove", "before");
        this.#reached(() => {
          this.machines.alive = 0;
        });
        instance.point("hand.remove", "after");
      },
    };
  }

  /** The machine dies: what runs has no outcome. Without its disk, recorded outcomes are gone too. */
  lose(disk: boolean): void {
    for (const entry of this.entries.values()) {
      if (entry.state === "running") this.#lost(entry);
      if (!disk) {
        entry.outcome = null;
        entry.state = "unknown";
      }
    }
  }

  /** A tool's body comes to its end. */
  finish(key: string, said = `did ${key.slice(-6)}`): void {
    const entry = this.entries.get(key);
    if (entry?.state === "running") this.#end(entry, said);
  }

  async #warm(instance: Instance, epoch: number): Promise<void> {
    instance.point("hand.warm", "before");
    this.#reached(() => this.#provision(epoch));
    instance.point("hand.warm", "after");
  }

  /** A word that is only acted on. It may not arrive, or its answer may not. */
  #reached(act: () => void): void {
    const failure = this.#parts.fails();
    if (failure !== "lost") act();
    if (failure !== null) throw new Injected("the hand did not answer");
  }

  #cancel(key: string, epoch: number): void {
    this.#epoch = Math.max(this.#epoch, epoch);
    const entry = this.entries.get(key);
    if (entry?.state === "running") this.#end(entry, "cancelled");
  }

  async #execute(instance: Instance, call: Call): Promise<Result> {
    instance.point("hand.execute", "before");
    if (call.epoch < this.#epoch) throw new HandRefused("stale_epoch");
    this.#provision(call.epoch);
    this.#mustBeOpen(call);
    let entry = this.entries.get(call.key);
    if (entry && entry.digest !== call.digest) throw new HandRefused("digest_conflict");
    if (!entry) {
      const { key, digest } = call;
      const at = this.#parts.newest();
      entry = { key, digest, runs: 1, outcome: null, recorded: null, at, state: "running", waiters: [] };
      this.entries.set(call.key, entry);
      this.running.push(entry);
    }
    const known = entry;
    instance.point("hand.execute", "after");
    const result = await new Promise<Result>((resolve) => {
      if (known.state === "running") known.waiters.push(resolve);
      else resolve(resultOf(known));
    });
    await this.#parts.later(instance, "hand");
    return result;
  }

  /** Ends what the session does not wait for any more, and takes nothing of it. */
  #mustBeOpen({ key, open }: Call): void {
    if (open && open.at >= this.#open.at) this.#open = open;
    for (const entry of [...this.running]) if (!this.#open.keys.includes(entry.key)) this.#end(entry, "cancelled");
    if (!this.#open.keys.includes(key)) throw new HandRefused("settled");
  }

  #provision(epoch: number): void {
    this.#epoch = Math.max(this.#epoch, epoch);
    if (this.machines.alive > 0) return;
    this.machines.begun += 1;
    this.machines.alive = 1;
  }

  #end(entry: Entry, outcome: string): void {
    entry.outcome = outcome;
    entry.recorded = outcome;
    entry.state = "done";
    this.#tell(entry);
  }

  #lost(entry: Entry): void {
    entry.state = "unknown";
    this.#tell(entry);
  }

  #tell(entry: Entry): void {
    this.running.splice(this.running.indexOf(entry), 1);
    for (const waiter of entry.waiters.splice(0)) waiter(resultOf(entry));
  }
}

function resultOf(entry: Entry): Result {
  if (entry.state === "done") return { content: [{ type: "text", text: entry.outcome ?? "" }], isError: false };
  return { content: [{ type: "text", text: UNKNOWN_TEXT }], isError: true, unknown: true };
}
