/** What the objects of a sandbox ask of each other; everything here crosses an object's border, and each method is safe to repeat. */
import type { Outcome } from "../../protocol/errors.ts";
import type { Call, RefusalReason, Result } from "../hand.ts";
import type { Provision } from "../machine.ts";

/** The answer to a call. A refusal is a value, since an error keeps only its text on the way. */
export type Reply = { result: Result } | { refused: RefusalReason };

/** What the Sandbox object answers to the session (`client.ts`) and, of its files, to the API. A session of release 0.1 gives no provision. */
export interface SandboxRpc {
  warm(epoch: number, provision?: Provision): Promise<void>;
  execute(call: Call, provision?: Provision): Promise<Reply>;
  cancel(key: string, epoch: number): Promise<void>;
  putFile(path: string, bytes: Uint8Array): Promise<Outcome<null>>;
  getFile(path: string): Promise<Outcome<Uint8Array | null>>;
  remove(): Promise<void>;
}

/** What the Sandbox object asks of its machine, wherever that is: a `CallRunner` behind it answers. */
export interface MachineRpc {
  /** Null, or what the machine cannot be. */
  start(provision: Provision): Promise<string | null>;
  execute(call: Call): Promise<Reply>;
  cancel(key: string, epoch: number): Promise<void>;
  /** Null, or why the file could not be written. */
  putFile(path: string, bytes: Uint8Array): Promise<string | null>;
  /** Null when the path leads to no file. */
  getFile(path: string): Promise<Uint8Array | null>;
}

/** What a kind of machine gets from the Sandbox object that has it. */
export interface MachineHost {
  session: string;
  facets: DurableObjectFacets;
  loader: WorkerLoader;
}

/** A kind of machine, as a Sandbox object has one. */
export interface HostedMachine {
  /** Its files and journal are the same after each opening. Rejects when it cannot be had. */
  open(): Promise<MachineRpc>;
  /** Deletes it with its disk and journal. Twice is fine. */
  remove(): void;
}
