/**
 * A machine: what a sandbox hand drives. Four kinds are planned (`isolate`, `container`, `sandbox-sdk`, `process`); the six tools in `tools/` are
 * written once, over this interface, and run where the machine is.
 *
 * Contract. Paths are absolute. File methods reject with a `MachineError` whose code is the POSIX one. `exec` resolves for every exit code; it
 * rejects only when the machine itself is gone. One `exec` at a time: the caller queues.
 */
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

export interface Machine {
  readonly kind: string;
  /** The shell's state (directory, variables, functions, options) is kept from call to call; `restart` begins a fresh shell first. */
  exec(command: string, options: { timeoutMs: number; restart?: boolean; signal?: AbortSignal }): Promise<ExecResult>;
  stat(path: string): Promise<FileStat | null>;
  lstat(path: string): Promise<FileStat | null>;
  realpath(path: string): Promise<string>;
  read(path: string): Promise<Uint8Array>;
  /** Atomic: a reader sees the old bytes or the new ones. Makes parent directories. */
  write(path: string, bytes: Uint8Array): Promise<void>;
  list(path: string): Promise<string[]>;
}

export class MachineError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.name = "MachineError";
    this.code = code;
  }
}
