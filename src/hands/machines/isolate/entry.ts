/**
 * The program inside the isolate: a Durable Object class that runs as a facet of the Sandbox object, with its own SQLite, no bindings and no
 * network. `bundle.ts` makes it into dist/machine.txt.
 */
import { DurableObject } from "cloudflare:workers";
import { getCommandNames } from "just-bash/browser";
import { objectSql } from "../../../log/sql.ts";
import type { Call } from "../../hand.ts";
import { Keeper, type Reply } from "../../sandbox/call-runner.ts";
import { Pulse } from "./hooks.ts";

declare global {
  /** Called by the places of the interpreter that `patches.ts` changes. */
  var sinewPulse: Pulse | undefined;
}

export class IsolateHost extends DurableObject {
  readonly #keeper: Keeper;

  constructor(ctx: DurableObjectState, env: Cloudflare.Env) {
    super(ctx, env);
    // One isolate holds one session's machine: the loader's id carries the session's.
    globalThis.sinewPulse ??= new Pulse();
    this.#keeper = new Keeper(objectSql(ctx.storage), globalThis.sinewPulse, getCommandNames());
  }

  /** Starts the machine; nothing else. */
  async ready(): Promise<void> {}

  execute(call: Call): Promise<Reply> {
    return this.#keeper.execute(call);
  }

  async cancel(key: string, epoch: number): Promise<void> {
    this.#keeper.cancel(key, epoch);
  }

  putFile(path: string, bytes: Uint8Array): Promise<string | null> {
    return this.#keeper.putFile(path, bytes);
  }

  getFile(path: string): Promise<Uint8Array | null> {
    return this.#keeper.getFile(path);
  }
}

export default {};
