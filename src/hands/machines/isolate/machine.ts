/** The isolate as a `Machine`: the tree's files and the interpreter's shell, for the length of one call. */
import type { ExecResult, FileStat, Machine } from "../../machine.ts";
import { CallFs } from "./fs.ts";
import type { Pulse } from "./hooks.ts";
import type { Node } from "./node.ts";
import { runInShell } from "./shell.ts";
import type { Tree } from "./tree.ts";

export class IsolateMachine implements Machine {
  readonly kind = "isolate";
  /** The shell's state to keep when the call is recorded; null means a fresh shell next. */
  shell: string | null;
  readonly #tree: Tree;
  readonly #pulse: Pulse;

  constructor(tree: Tree, pulse: Pulse, shell: string | null) {
    this.#tree = tree;
    this.#pulse = pulse;
    this.shell = shell;
  }

  async exec(
    command: string,
    options: { timeoutMs: number; restart?: boolean; signal?: AbortSignal },
  ): Promise<ExecResult> {
    const fs = new CallFs(this.#tree, this.#pulse.pacer, Date.now);
    try {
      const { result, state } = await runInShell({
        command,
        state: options.restart ? null : this.shell,
        timeoutMs: options.timeoutMs,
        signal: options.signal ?? new AbortController().signal,
        fs,
        pulse: this.#pulse,
      });
      this.shell = state;
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
