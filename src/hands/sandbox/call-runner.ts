/**
 * Runs calls on a machine, each key at most once: a recorded key returns its bytes, a running one is attached to, one call runs at a time. It stands
 * where the machine's journal is: inside the isolate, beside a container.
 */
import {
  type Call,
  errorResult,
  INTERRUPTED_AFTER_TEXT,
  INTERRUPTED_BEFORE_TEXT,
  type OpenCalls,
  type Result,
} from "../hand.ts";
import { type Machine, MachineError, type Provision } from "../machine.ts";
import { runTool } from "../tools/run.ts";
import type { MachineTool } from "../tools/tool.ts";
import { YieldController } from "../yield-controller.ts";
import type { Journal } from "./journal.ts";
import type { MachineRpc, Reply } from "./rpc.ts";

interface Running {
  digest: string;
  epoch: number;
  cancel: AbortController;
  reply: Promise<Reply>;
}

const STALE: Reply = { refused: "stale_epoch" };

class Cancelled extends Error {}

export class CallRunner implements MachineRpc {
  readonly #machine: Machine;
  readonly #journal: Journal;
  readonly #tools: readonly MachineTool[];
  readonly #running = new Map<string, Running>();
  #queue: Promise<unknown> = Promise.resolve();
  #epoch: number;
  #open: OpenCalls;

  constructor(machine: Machine, journal: Journal, tools: readonly MachineTool[]) {
    this.#machine = machine;
    this.#journal = journal;
    this.#tools = tools;
    this.#epoch = journal.epoch;
    this.#open = journal.open;
  }

  async start(provision: Provision): Promise<string | null> {
    return problemOf(() => this.#machine.start(provision));
  }

  async execute(call: Call): Promise<Reply> {
    if (!this.#admit(call.epoch)) return STALE;
    if (call.open && !this.#isOpen(call.key, call.open)) return { refused: "settled" };
    const recorded = this.#journal.find(call.key);
    if (recorded !== null) {
      const same = recorded.digest === null || recorded.digest === call.digest;
      return same ? { result: recorded.result } : { refused: "digest_conflict" };
    }
    const running = this.#running.get(call.key);
    if (running === undefined) return this.#start(call);
    if (running.digest !== call.digest) return { refused: "digest_conflict" };
    running.epoch = Math.max(running.epoch, call.epoch);
    return running.reply;
  }

  /** Stops the call and discards what it changed; a call that has not come yet will not run. Nothing for a recorded one. */
  async cancel(key: string, epoch: number): Promise<void> {
    if (!this.#admit(epoch) || this.#journal.find(key) !== null) return;
    const running = this.#running.get(key);
    if (running !== undefined) running.cancel.abort();
    else this.#journal.record(key, null, errorResult(INTERRUPTED_BEFORE_TEXT));
  }

  /** Waits for its turn like a call. */
  putFile(path: string, bytes: Uint8Array): Promise<string | null> {
    const write = () =>
      this.#machine.atomically(
        () => this.#machine.write(path, bytes),
        () => {},
      );
    return this.#inTurn(() => problemOf(write));
  }

  /** Null also for a path through a file or in a circle of links. */
  getFile(path: string): Promise<Uint8Array | null> {
    return this.#inTurn(async () => {
      try {
        const stat = await this.#machine.stat(path);
        return stat?.kind === "file" ? await this.#machine.read(path) : null;
      } catch (error) {
        if (error instanceof MachineError) return null;
        throw error;
      }
    });
  }

  #start(call: Call): Promise<Reply> {
    const cancel = new AbortController();
    const running: Running = { digest: call.digest, epoch: call.epoch, cancel, reply: Promise.resolve(STALE) };
    running.reply = this.#inTurn(() => this.#run(call, running)).finally(() => this.#running.delete(call.key));
    this.#running.set(call.key, running);
    return running.reply;
  }

  async #run(call: Call, running: Running): Promise<Reply> {
    if (running.epoch < this.#epoch) return STALE;
    const { signal } = running.cancel;
    if (signal.aborted) return this.#settle(call, INTERRUPTED_BEFORE_TEXT);
    if (Date.now() >= call.deadline) return this.#settle(call, `${call.name}: no time was left to run it`);
    const work = async () => {
      const result = await runTool(this.#tools, call.name, call.input, {
        machine: this.#machine,
        yieldController: new YieldController(),
        signal,
        remainingMs: call.deadline - Date.now(),
        callId: call.key.slice(call.key.lastIndexOf("/") + 1).replace(/[^\w-]/g, "_"),
      });
      if (signal.aborted) throw new Cancelled();
      return result;
    };
    try {
      return { result: await this.#machine.atomically(work, (result) => this.#record(call, result)) };
    } catch (error) {
      if (error instanceof Cancelled) return this.#settle(call, INTERRUPTED_AFTER_TEXT);
      const why = error instanceof Error ? error.message : String(error);
      return this.#settle(call, `${call.name}: the machine failed and changed nothing: ${why}`);
    }
  }

  async #settle(call: Call, text: string): Promise<Reply> {
    const settled = async () => errorResult(text);
    return { result: await this.#machine.atomically(settled, (result) => this.#record(call, result)) };
  }

  /** The call's outcome, and what is open by now, become durable together: from here on the others are refused, so they can be forgotten. */
  #record(call: Call, result: Result): void {
    this.#journal.record(call.key, call.digest, result);
    if (this.#open.at > 0) this.#journal.keepOnly(this.#open);
  }

  /** Whether the call is open in the newest set of open calls. One that is no older first ends what runs and is not in it. */
  #isOpen(key: string, open: OpenCalls): boolean {
    if (open.at >= this.#open.at) {
      this.#open = open;
      for (const [other, { cancel }] of this.#running) if (!open.keys.includes(other)) cancel.abort();
    }
    return this.#open.keys.includes(key);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(work);
    this.#queue = turn.catch(() => {});
    return turn;
  }

  #admit(epoch: number): boolean {
    if (epoch < this.#epoch) return false;
    if (epoch > this.#epoch) this.#journal.raiseEpoch(epoch);
    this.#epoch = epoch;
    return true;
  }
}

/** What the machine rejects the work with, as text; null when it does it. */
async function problemOf(work: () => Promise<void>): Promise<string | null> {
  try {
    await work();
    return null;
  } catch (error) {
    if (error instanceof MachineError) return error.message;
    throw error;
  }
}
