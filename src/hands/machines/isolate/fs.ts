/**
 * The interpreter's view of the tree: its file interface, one object per call. When the call is over the object is closed, so that a body
 * which still runs after its time can change nothing. Each operation pauses when a slice of work is used up.
 */
import { Buffer } from "node:buffer";
import type {
  BufferEncoding,
  CpOptions,
  FileContent,
  FsStat,
  IFileSystem,
  MkdirOptions,
  RmOptions,
} from "just-bash/browser";
import type { YieldController } from "../../yield-controller.ts";
import { MAX_STRING_BYTES } from "./limits.ts";
import { fsError, type Node } from "./node.ts";
import type { Tree } from "./tree.ts";

type Encoding = { encoding?: BufferEncoding | null } | BufferEncoding | undefined;
type ByteString = Awaited<ReturnType<NonNullable<IFileSystem["readFileBytes"]>>>;

export class CallFs implements IFileSystem {
  readonly #tree: Tree;
  readonly #yieldController: YieldController;
  readonly #now: () => number;
  #open = true;
  /** Asked before a file's bytes are given to a command; throws when the command has read enough. */
  onRead: (bytes: number) => void = () => {};

  constructor(tree: Tree, yieldController: YieldController, now: () => number) {
    this.#tree = tree;
    this.#yieldController = yieldController;
    this.#now = now;
  }

  close(): void {
    this.#open = false;
  }

  async readFile(path: string, options?: Encoding): Promise<string> {
    return Buffer.from(await this.readFileBuffer(path)).toString(encoding(options));
  }

  async readFileBytes(path: string): Promise<ByteString> {
    return Buffer.from(await this.readFileBuffer(path)).toString("latin1") as ByteString;
  }

  async readFileBuffer(path: string): Promise<Uint8Array> {
    const tree = await this.#turn();
    const { size } = tree.node(path, true, "open");
    if (size > MAX_STRING_BYTES) {
      const limit = `the isolate machine's commands take files up to ${MAX_STRING_BYTES} bytes, this one has ${size}`;
      throw fsError("EFBIG", "read", path, limit);
    }
    this.onRead(size);
    const bytes = tree.bytes(path);
    await this.#yieldController.due();
    return bytes;
  }

  async writeFile(path: string, content: FileContent, options?: Encoding): Promise<void> {
    (await this.#turn()).write(path, toBytes(content, options), false, this.#now());
  }

  async appendFile(path: string, content: FileContent, options?: Encoding): Promise<void> {
    (await this.#turn()).write(path, toBytes(content, options), true, this.#now());
  }

  async exists(path: string): Promise<boolean> {
    const tree = await this.#turn();
    try {
      return tree.place(path, true, "access").node !== null;
    } catch {
      return false;
    }
  }

  async stat(path: string): Promise<FsStat> {
    return stat((await this.#turn()).node(path, true, "stat"));
  }

  async lstat(path: string): Promise<FsStat> {
    return stat((await this.#turn()).node(path, false, "lstat"));
  }

  async mkdir(path: string, options?: MkdirOptions): Promise<void> {
    (await this.#turn()).mkdir(path, options?.recursive === true, this.#now());
  }

  async readdir(path: string): Promise<string[]> {
    return [...(await this.#directory(path)).entries.keys()].sort();
  }

  async readdirWithFileTypes(path: string) {
    const entries = [...(await this.#directory(path)).entries].sort(([a], [b]) => (a < b ? -1 : 1));
    return entries.map(([name, node]) => ({
      name,
      isFile: node.kind === "file",
      isDirectory: node.kind === "directory",
      isSymbolicLink: node.kind === "symlink",
    }));
  }

  async rm(path: string, options?: RmOptions): Promise<void> {
    const tree = await this.#turn();
    if (options?.force && tree.place(path, false, "rm").node === null) return;
    tree.rm(path, options?.recursive === true, this.#now());
  }

  async cp(from: string, to: string, options?: CpOptions): Promise<void> {
    const tree = await this.#turn();
    const node = tree.node(from, true, "cp");
    if (node.kind === "file") {
      tree.write(to, tree.bytes(from), false, this.#now());
      const copy = tree.node(to, true, "cp");
      if (copy.ino > 0) tree.chmod(to, node.mode);
      return;
    }
    if (!options?.recursive) throw fsError("EISDIR", "cp", from);
    const names = [...node.entries.keys()];
    tree.mkdir(to, true, this.#now());
    for (const name of names) {
      const child = tree.node(`${from}/${name}`, false, "cp");
      if (child.kind === "symlink") tree.symlink(child.target, `${to}/${name}`, this.#now());
      else await this.cp(`${from}/${name}`, `${to}/${name}`, options);
    }
  }

  async mv(from: string, to: string): Promise<void> {
    const tree = await this.#turn();
    if (tree.rename(from, to, this.#now())) return;
    await this.cp(from, to, { recursive: true });
    await this.rm(from, { recursive: true });
  }

  resolvePath(base: string, path: string): string {
    const parts: string[] = [];
    for (const part of (path.startsWith("/") ? path : `${base}/${path}`).split("/")) {
      if (part === "..") parts.pop();
      else if (part !== "" && part !== ".") parts.push(part);
    }
    return `/${parts.join("/")}`;
  }

  /** Nothing: the interpreter then walks directories for its patterns, with a pause between the steps. */
  getAllPaths(): string[] {
    return [];
  }

  async chmod(path: string, mode: number): Promise<void> {
    (await this.#turn()).chmod(path, mode);
  }

  async symlink(target: string, path: string): Promise<void> {
    (await this.#turn()).symlink(target, path, this.#now());
  }

  async link(existing: string, path: string): Promise<void> {
    (await this.#turn()).link(existing, path, this.#now());
  }

  async readlink(path: string): Promise<string> {
    const node = (await this.#turn()).node(path, false, "readlink");
    if (node.kind !== "symlink") throw fsError("EINVAL", "readlink", path);
    return node.target;
  }

  async realpath(path: string): Promise<string> {
    return (await this.#turn()).realpath(path);
  }

  async utimes(path: string, _atime: Date, mtime: Date): Promise<void> {
    (await this.#turn()).utimes(path, mtime.getTime());
  }

  async #directory(path: string): Promise<Node> {
    const node = (await this.#turn()).node(path, true, "scandir");
    if (node.kind !== "directory") throw fsError("ENOTDIR", "scandir", path);
    return node;
  }

  async #turn(): Promise<Tree> {
    await this.#yieldController.due();
    if (!this.#open) throw fsError("EIO", "access", "", "the command is over");
    return this.#tree;
  }
}

function encoding(options: Encoding): BufferEncoding {
  return (typeof options === "string" ? options : options?.encoding) ?? "utf8";
}

function toBytes(content: FileContent, options: Encoding): Uint8Array {
  return typeof content === "string" ? Buffer.from(content, encoding(options)) : content;
}

function stat(node: Node): FsStat {
  return {
    isFile: node.kind === "file",
    isDirectory: node.kind === "directory",
    isSymbolicLink: node.kind === "symlink",
    mode: node.mode,
    size: node.kind === "directory" ? 0 : node.size,
    mtime: new Date(node.mtime),
    ino: node.ino,
    dev: 1,
  };
}
