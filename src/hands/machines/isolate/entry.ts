/**
 * The program inside the isolate: a Durable Object class that runs as a facet of the Sandbox object, with its own SQLite, no bindings and no
 * network. `bundle.ts` makes it into dist/machine.txt.
 */
import { DurableObject } from "cloudflare:workers";
import { getCommandNames } from "just-bash/browser";
import { objectSql } from "../../../log/sql.ts";
import type { Call } from "../../hand.ts";
import type { Provision } from "../../machine.ts";
import { MACHINE_TOOLS } from "../../registry.ts";
import { CallRunner } from "../../sandbox/call-runner.ts";
import { Journal } from "../../sandbox/journal.ts";
import type { MachineRpc, Reply } from "../../sandbox/rpc.ts";
import { Disk } from "./disk.ts";
import { type InterpreterClass, InterpreterHooks } from "./hooks.ts";
import { IsolateMachine } from "./machine.ts";

declare global {
  /** Called by the places of the interpreter that `patches.ts` changes. */
  var sinewHooks: InterpreterHooks | undefined;
  /** The interpreter's class, handed out by one of these places. */
  var sinewInterpreter: InterpreterClass | undefined;
}

export class IsolateProgram extends DurableObject implements MachineRpc {
  readonly #runner: CallRunner;

  constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
    super(ctx, env);
    const sql = objectSql(ctx.storage);
    const journal = new Journal(sql);
    const parts = { disk: new Disk(sql), journal, hooks: theHooks(), commands: getCommandNames() };
    this.#runner = new CallRunner(new IsolateMachine(parts), journal, MACHINE_TOOLS);
  }

  start(provision: Provision): Promise<string | null> {
    return this.#runner.start(provision);
  }

  execute(call: Call): Promise<Reply> {
    return this.#runner.execute(call);
  }

  cancel(key: string, epoch: number): Promise<void> {
    return this.#runner.cancel(key, epoch);
  }

  putFile(path: string, bytes: Uint8Array): Promise<string | null> {
    return this.#runner.putFile(path, bytes);
  }

  getFile(path: string): Promise<Uint8Array | null> {
    return this.#runner.getFile(path);
  }
}

/** One isolate holds one session's machine: the loader's id carries the session's. */
function theHooks(): InterpreterHooks {
  if (globalThis.sinewHooks) return globalThis.sinewHooks;
  if (globalThis.sinewInterpreter === undefined) throw new Error("this bundle of the interpreter was not patched");
  globalThis.sinewHooks = new InterpreterHooks();
  globalThis.sinewHooks.wrap(globalThis.sinewInterpreter);
  return globalThis.sinewHooks;
}

export default {};
