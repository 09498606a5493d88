/**
 * A machine: what a sandbox hand drives. Four kinds are planned (`isolate`, `container`, `sandbox-sdk`, `process`); the six tools in `tools/` are
 * written once, over this interface.
 *
 * Contract. Paths are absolute. File methods reject with a `MachineError` whose code is the POSIX one. `exec` resolves for every exit code; it
 * rejects only when the machine itself is gone. One `exec` at a time: the caller queues. A machine may refuse, never lie.
 */
import type { EnvironmentConfig } from "../protocol/environments.ts";
import type { SessionResource } from "../protocol/resources.ts";
import type { Skill } from "../protocol/skills.ts";

/** What a machine is to be. The session says it with each word to its sandbox; a machine gets it at its start. */
export interface Provision {
  /** Null: a session of release 0.1, whose environment is a cloud one with open networking and no packages. */
  environment: EnvironmentConfig | null;
  resources: readonly SessionResource[];
  skills: readonly Skill[];
  mounts: readonly Mount[];
}

/** A folder that outlives the machine. */
export interface Mount {
  path: string;
  access: "read_write" | "read_only";
}

/** Nothing is asked of the machine. */
export const BARE_PROVISION: Provision = { environment: null, resources: [], skills: [], mounts: [] };

export interface FileStat {
  kind: "file" | "directory" | "symlink" | "other";
  size: number;
  /** Milliseconds since 1970. */
  mtime: number;
}

export interface ExecResult {
  /** stdout and stderr in the order written, cut to the machine's output limit by keeping the tail. */
  output: string;
  truncated: boolean;
  exitCode: number;
  timedOut: boolean;
}

/** A regular expression of RE2's syntax, matched in linear time: with the platform's own, one pattern could stop every session of the process. */
export interface LinePattern {
  /** Whether it matches anywhere in the line. */
  test(line: string): boolean;
}

export interface Machine {
  readonly kind: string;
  /** Makes the machine what it is to be; again with the same is the same as once. Rejects with a `MachineError` that says what it cannot be. */
  start(provision: Provision): Promise<void>;
  /** The shell's state (directory, variables, functions, options) is kept from call to call; `restart` begins a fresh shell first. */
  exec(command: string, options: { timeoutMs: number; restart?: boolean; signal?: AbortSignal }): Promise<ExecResult>;
  stat(path: string): Promise<FileStat | null>;
  lstat(path: string): Promise<FileStat | null>;
  realpath(path: string): Promise<string>;
  read(path: string): Promise<Uint8Array>;
  /** Atomic: a reader sees the old bytes or the new ones. Makes parent directories. */
  write(path: string, bytes: Uint8Array): Promise<void>;
  list(path: string): Promise<string[]>;
  linePattern(source: string): LinePattern | { problem: string };
  /**
   * Runs `work`. What it changed and what `record` writes to the journal become durable together; if either throws, neither is kept. One at a time.
   */
  atomically<T>(work: () => Promise<T>, record: (value: T) => void): Promise<T>;
}

export class MachineError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.name = "MachineError";
    this.code = code;
  }
}
