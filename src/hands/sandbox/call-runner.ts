/**
 * Runs calls on the isolate, each key at most once: a recorded key returns its bytes, a running one is attached to, one call runs at a time. The
 * platform is left outside: this works over any `Sql`.
 */

import type { Sql } from "../../log/sql.ts";
import type { Call, Result } from "../hand.ts";
import { MachineError } from "../machine.ts";
import { Disk } from "../machines/isolate/disk.ts";
import type { Pulse } from "../machines/isolate/hooks.ts";
import { IsolateMachine } from "../machines/isolate/machine.ts";
import { furnish } from "../machines/isolate/system.ts";
import { Tree } from "../machines/isolate/tree.ts";
import { INTERRUPTED_AFTER_TEXT, INTERRUPTED_BEFORE_TEXT } from "../texts.ts";
import { runTool } from "../tools/run.ts";
import { Journal } from "./journal.ts";

export type Reply = { result: Result } | { refused: "stale_epoch" | "digest_conflict" };

interface Running {
  digest: string;
  epoch: number;
  cancel: AbortController;
  reply: Promise<Reply>;
}

export class Keeper {
  readonly #disk: Disk;
  readonly #tree: Tree;
  readonly #journal: Journal;
  readonly #pulse: Pulse;
  readonly #commands: string[];
  readonly #running = new Map<string, Running>();
  #queue: Promise<unknown> = Promise.resolve();
  #epoch: number;

  constructor(sql: Sql, pulse: Pulse, commands: string[]) {
    this.#journal = new Journal(sql);
    this.#disk = new Disk(sql);
    this.#tree = new Tree(this.#disk);
    this.#pulse = pulse;
    this.#commands = commands;
    this.#epoch = this.#journal.epoch;
    furnish(this.#tree, commands, Date.now());
  }

  execute(call: Call): Promise<Reply> {
    if (!this.#admit(call.epoch)) return Promise.resolve({ refused: "stale_epoch" });
    const recorded = this.#journal.find(call.key);
    if (recorded !== null) {
      const same = recorded.digest === null || recorded.digest === call.digest;
      return Promise.resolve(same ? { result: recorded.result } : { refused: "digest_conflict" });
    }
    const running = this.#running.get(call.key);
    if (running !== undefined) {
      if (running.digest !== call.digest) return Promise.resolve({ refused: "digest_conflict" });
      running.epoch = Math.max(running.epoch, call.epoch);
      return running.reply;
    }
    return this.#start(call);
  }

  /** Stops the call and discards what it changed; a call that has not come yet will not run. Nothing for a recorded one. */
  cancel(key: string, epoch: number): void {
    if (!this.#admit(epoch) || this.#journal.find(key) !== null) return;
    const running = this.#running.get(key);
    if (running !== undefined) running.cancel.abort();
    else this.#journal.record(key, null, failed(INTERRUPTED_BEFORE_TEXT));
  }

  /** A file that another object puts in; waits for its turn like a call. Null, or why it could not be written. */
  putFile(path: string, bytes: Uint8Array): Promise<string | null> {
    return this.#inTurn(async () => {
      const machine = new IsolateMachine(this.#tree, this.#pulse, null);
      try {
        await this.#whole(async () => {
          await machine.write(path, bytes);
          this.#disk.commit(() => {});
        });
        return null;
      } catch (error) {
        if (error instanceof MachineError) return error.message;
        throw error;
      }
    });
  }

  /** The file's bytes; null when the path leads to none, be it through a file or a circle of links. */
  getFile(path: string): Promise<Uint8Array | null> {
    return this.#inTurn(async () => {
      try {
        const { node } = this.#tree.place(path, true, "open");
        return node?.kind === "file" ? this.#disk.read(node) : null;
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
    if (running.cancel.signal.aborted) return this.#settle(call, failed(INTERRUPTED_BEFORE_TEXT));
    if (Date.now() >= call.deadline) return this.#settle(call, failed(`${call.name}: no time was left to run it`));
    const machine = new IsolateMachine(this.#tree, this.#pulse, this.#journal.shell);
    const before = machine.shell;
    this.#pulse.pacer.restart();
    try {
      return await this.#whole(async () => {
        const result = await runTool(call.name, call.input, {
          machine,
          pacer: this.#pulse.pacer,
          signal: running.cancel.signal,
          remainingMs: call.deadline - Date.now(),
          callId: call.key.slice(call.key.lastIndexOf("/") + 1).replace(/[^\w-]/g, "_"),
        });
        if (running.cancel.signal.aborted) throw new Cancelled();
        this.#disk.commit(() => {
          this.#journal.record(call.key, call.digest, result);
          if (machine.shell !== before) this.#journal.saveShell(machine.shell);
        });
        return { result };
      });
    } catch (error) {
      if (error instanceof Cancelled) return this.#settle(call, failed(INTERRUPTED_AFTER_TEXT));
      const why = error instanceof Error ? error.message : String(error);
      return this.#settle(call, failed(`${call.name}: the machine failed and changed nothing: ${why}`));
    }
  }

  /** Runs work whose changes reach the disk as a whole or, if it throws, not at all. */
  async #whole<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      this.#disk.load();
      furnish(this.#tree, this.#commands, Date.now());
      throw error;
    }
  }

  #settle(call: Call, result: Result): Reply {
    this.#disk.commit(() => this.#journal.record(call.key, call.digest, result));
    return { result };
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

const STALE: Reply = { refused: "stale_epoch" };

class Cancelled extends Error {}

function failed(text: string): Result {
  return { content: [{ type: "text", text }], isError: true };
}
