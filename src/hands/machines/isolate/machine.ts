/** The isolate as a `Machine`: files in a tree over SQLite, and the interpreter's shell. */
import { RE2JS, RE2JSException } from "re2js";
import {
  type ExecResult,
  type FileStat,
  type LinePattern,
  type Machine,
  MachineError,
  type Provision,
} from "../../machine.ts";
import type { Journal } from "../../sandbox/journal.ts";
import type { Disk } from "./disk.ts";
import { CallFs } from "./fs.ts";
import type { InterpreterHooks } from "./hooks.ts";
import type { Node } from "./node.ts";
import { runInShell } from "./shell.ts";
import { installCommands } from "./system.ts";
import { Tree } from "./tree.ts";

export interface IsolateParts {
  disk: Disk;
  /** Keeps the shell's state beside the calls: the interpreter is fresh for each command. */
  journal: Pick<Journal, "shell" | "saveShell">;
  hooks: InterpreterHooks;
  /** The names of the interpreter's commands. */
  commands: string[];
}

export class IsolateMachine implements Machine {
  readonly kind = "isolate";
  readonly #parts: IsolateParts;
  readonly #tree: Tree;
  /** Null means a fresh shell next. */
  #shell: string | null;

  constructor(parts: IsolateParts) {
    this.#parts = parts;
    this.#tree = new Tree(parts.disk);
    this.#shell = parts.journal.shell;
    this.#install();
  }

  async start(provision: Provision): Promise<void> {
    const unmet = unmetBy(provision);
    if (unmet !== null) throw new MachineError("ENOTSUP", `the isolate machine has no ${unmet}`);
  }

  async atomically<T>(work: () => Promise<T>, record: (value: T) => void): Promise<T> {
    const { disk, journal } = this.#parts;
    const before = this.#shell;
    try {
      const value = await work();
      disk.commit(() => {
        record(value);
        if (this.#shell !== before) journal.saveShell(this.#shell);
      });
      return value;
    } catch (error) {
      this.#shell = before;
      disk.load();
      this.#install();
      throw error;
    }
  }

  async exec(
    command: string,
    options: { timeoutMs: number; restart?: boolean; signal?: AbortSignal },
  ): Promise<ExecResult> {
    const { hooks } = this.#parts;
    const fs = new CallFs(this.#tree, hooks.yieldController, Date.now);
    try {
      const { result, state } = await runInShell({
        command,
        state: options.restart ? null : this.#shell,
        timeoutMs: options.timeoutMs,
        signal: options.signal ?? new AbortController().signal,
        fs,
        hooks,
      });
      this.#shell = state;
      return result;
    } finally {
      fs.close();
    }
  }

  async stat(path: string): Promise<FileStat | null> {
    return this.#state(path, true);
  }

  async lstat(path: string): Promise<FileStat | null> {
    return this.#state(path, false);
  }

  async realpath(path: string): Promise<string> {
    return this.#tree.realpath(path);
  }

  async read(path: string): Promise<Uint8Array> {
    return this.#tree.bytes(path);
  }

  async write(path: string, bytes: Uint8Array): Promise<void> {
    const now = Date.now();
    this.#tree.mkdir(path.slice(0, path.lastIndexOf("/")), true, now);
    this.#tree.write(path, bytes, false, now);
  }

  async list(path: string): Promise<string[]> {
    const node = this.#tree.node(path, true, "scandir");
    return [...node.entries.keys()];
  }

  linePattern(source: string): LinePattern | { problem: string } {
    try {
      return RE2JS.compile(source);
    } catch (error) {
      if (error instanceof RE2JSException) return { problem: error.message };
      throw error;
    }
  }

  #install(): void {
    installCommands(this.#tree, this.#parts.commands, Date.now());
  }

  #state(path: string, follow: boolean): FileStat | null {
    let node: Node | null;
    try {
      node = this.#tree.place(path, follow, "stat").node;
    } catch (error) {
      if (error instanceof Error && error.message.startsWith("ENOENT")) return null;
      throw error;
    }
    return node === null ? null : { kind: node.kind, size: node.size, mtime: node.mtime };
  }
}

/** What is asked for and not to be had here; null for nothing. It has no network at all, so it cannot be told which hosts to reach either. */
function unmetBy({ environment, resources, skills, mounts }: Provision): string | null {
  if (environment?.type === "self_hosted") return "part in a self-hosted environment";
  if (environment?.networking.type === "limited") return "networking to limit";
  if (Object.values(environment?.packages ?? {}).some((names) => Array.isArray(names) && names.length > 0))
    return "packages to install";
  if (resources.length > 0) return "resources";
  if (skills.length > 0) return "skills";
  return mounts.length > 0 ? "mounts" : null;
}
