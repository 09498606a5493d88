/**
 * The isolate's files: a tree in memory, its bytes in SQLite (`disk.ts`). Everything here is synchronous. Changes are marked dirty and reach
 * the disk in one commit at the end of a call, so that a call which dies in the middle leaves nothing.
 */
import type { Disk } from "./disk.ts";
import { MAX_ENTRIES, MAX_FILE_BYTES, MAX_TOTAL_BYTES } from "./limits.ts";
import { fsError, type Kind, type Node, newNode } from "./node.ts";
import { locate, type PathPlace, pathOf } from "./paths.ts";

export class Tree {
  readonly #disk: Disk;

  constructor(disk: Disk) {
    this.#disk = disk;
  }

  get root(): Node {
    return this.#disk.root;
  }

  place(path: string, follow: boolean, operation: string): PathPlace {
    return locate(this.root, path, follow, operation);
  }

  /** The node at a path; ENOENT when there is none. */
  node(path: string, follow: boolean, operation: string): Node {
    const { node } = this.place(path, follow, operation);
    if (node === null) throw fsError("ENOENT", operation, path);
    return node;
  }

  /** The path without links; ENOENT when it leads nowhere. */
  realpath(path: string): string {
    const { parent, name, node } = this.place(path, true, "realpath");
    if (node === null) throw fsError("ENOENT", "realpath", path);
    if (node.kind === "directory") return pathOf(node);
    const folder = pathOf(parent);
    return folder === "/" ? `/${name}` : `${folder}/${name}`;
  }

  bytes(path: string): Uint8Array {
    const node = this.node(path, true, "open");
    if (node.kind === "directory") throw fsError("EISDIR", "read", path);
    return this.#disk.read(node);
  }

  /** Replaces a file's bytes, or adds to them; makes the file if it is missing, not its directory. */
  write(path: string, bytes: Uint8Array, append: boolean, now: number): void {
    const place = this.place(path, true, "open");
    if (place.node?.kind === "directory") throw fsError("EISDIR", "open", path);
    if (place.node !== null && discards(place)) return;
    const before = place.node?.size ?? 0;
    const size = append ? before + bytes.length : bytes.length;
    if (size > MAX_FILE_BYTES) throw fsError("EFBIG", "write", path, `a file may have ${MAX_FILE_BYTES} bytes`);
    if (this.#disk.used - before + size > MAX_TOTAL_BYTES) {
      throw fsError("ENOSPC", "write", path, `the files of a session may have ${MAX_TOTAL_BYTES} bytes`);
    }
    const node = place.node ?? this.#add(place, "file", 0o644, now, path, "open");
    if (append) this.#disk.append(node, bytes);
    else this.#disk.write(node, bytes);
    node.mtime = now;
  }

  mkdir(path: string, recursive: boolean, now: number): void {
    if (recursive) {
      const names = path.split("/").filter((part) => part !== "" && part !== ".");
      for (let count = 1; count <= names.length; count++)
        this.#mkdirOne(`/${names.slice(0, count).join("/")}`, true, now);
    } else {
      this.#mkdirOne(path, false, now);
    }
  }

  #mkdirOne(path: string, mayExist: boolean, now: number): void {
    const place = this.place(path, mayExist, "mkdir");
    if (place.node === null) this.#add(place, "directory", 0o755, now, path, "mkdir");
    else if (!mayExist) throw fsError("EEXIST", "mkdir", path);
    else if (place.node.kind !== "directory") throw fsError("ENOTDIR", "mkdir", path);
  }

  symlink(target: string, path: string, now: number): void {
    const place = this.place(path, false, "symlink");
    if (place.node !== null) throw fsError("EEXIST", "symlink", path);
    const node = this.#add(place, "symlink", 0o777, now, path, "symlink");
    node.target = target;
    node.size = target.length;
  }

  link(existing: string, path: string, now: number): void {
    const node = this.node(existing, false, "link");
    if (node.kind === "directory") throw fsError("EPERM", "link", existing);
    const place = this.place(path, false, "link");
    if (place.node !== null) throw fsError("EEXIST", "link", path);
    if (isSystem(place.parent) !== isSystem(node)) throw fsError("EPERM", "link", path);
    this.#checkWritable(place, path, "link");
    this.#disk.setEntry(place.parent, place.name, node);
    place.parent.mtime = now;
  }

  rm(path: string, recursive: boolean, now: number): void {
    const place = this.place(path, false, "rm");
    if (place.node === null) throw fsError("ENOENT", "rm", path);
    if (place.name === "" || isFixed(place)) throw fsError("EPERM", "rm", path);
    if (place.node.kind === "directory" && place.node.entries.size > 0 && !recursive)
      throw fsError("ENOTEMPTY", "rm", path);
    this.#checkWritable(place, path, "rm");
    this.#removeAll(place.parent, place.name, place.node);
    this.#touch(place.parent, now);
  }

  /** Renames within the stored tree or within the system's; returns false where it would have to copy between them. */
  rename(from: string, to: string, now: number): boolean {
    const source = this.place(from, false, "rename");
    if (source.node === null) throw fsError("ENOENT", "rename", from);
    if (source.name === "" || isFixed(source)) throw fsError("EPERM", "rename", from);
    const target = this.place(to, false, "rename");
    if (target.node === source.node) return true;
    if (isSystem(target.parent) !== isSystem(source.node)) return false;
    for (let up: Node | null = target.parent; up !== null; up = up.parent === up ? null : up.parent) {
      if (up === source.node) throw fsError("EINVAL", "rename", to);
    }
    this.#checkWritable(source, from, "rename");
    this.#checkWritable(target, to, "rename");
    if (target.node !== null) {
      if (target.name === "" || isFixed(target)) throw fsError("EPERM", "rename", to);
      if (target.node.kind === "directory" && source.node.kind !== "directory") throw fsError("EISDIR", "rename", to);
      if (target.node.kind === "directory" && target.node.entries.size > 0) throw fsError("ENOTEMPTY", "rename", to);
      this.#removeAll(target.parent, target.name, target.node);
    }
    this.#disk.setEntry(target.parent, target.name, source.node);
    this.#disk.deleteEntry(source.parent, source.name, source.node);
    if (source.node.kind === "directory") source.node.parent = target.parent;
    this.#touch(source.parent, now);
    this.#touch(target.parent, now);
    return true;
  }

  chmod(path: string, mode: number): void {
    const node = this.node(path, true, "chmod");
    if (isSystem(node)) throw fsError("EPERM", "chmod", path);
    node.mode = mode & 0o7777;
    this.#disk.changed(node);
  }

  utimes(path: string, mtime: number): void {
    const node = this.node(path, true, "utimes");
    if (!isSystem(node)) this.#touch(node, mtime);
  }

  #touch(node: Node, mtime: number): void {
    node.mtime = mtime;
    this.#disk.changed(node);
  }

  #removeAll(parent: Node, name: string, node: Node): void {
    for (const [childName, child] of node.entries) this.#removeAll(node, childName, child);
    this.#disk.deleteEntry(parent, name, node);
  }

  #add(place: PathPlace, kind: Kind, mode: number, now: number, path: string, operation: string): Node {
    this.#checkWritable(place, path, operation);
    const system = isSystem(place.parent);
    if (!system && this.#disk.count >= MAX_ENTRIES) {
      throw fsError("ENOSPC", operation, path, `a session may have ${MAX_ENTRIES} files and directories`);
    }
    const node = newNode(this.#disk.newIno(system), kind, mode, now);
    if (kind === "directory") node.parent = place.parent;
    this.#disk.setEntry(place.parent, place.name, node);
    this.#touch(place.parent, now);
    return node;
  }

  #checkWritable(place: PathPlace, path: string, operation: string): void {
    if (place.name === "") throw fsError("EPERM", operation, path);
    if (isSystem(place.parent) && place.parent.mode === SYSTEM_MODE) throw fsError("EROFS", operation, path);
  }
}

/** The mode of the system's directories that take no new entries. */
export const SYSTEM_MODE = 0o555;

function isSystem(node: Node): boolean {
  return node.ino < 0;
}

/** The system's directories and devices stay. */
function isFixed(place: PathPlace): boolean {
  return place.node !== null && isSystem(place.node) && (place.node.mode === SYSTEM_MODE || discards(place));
}

/** `/dev/null` and its kind take everything and keep nothing. */
function discards(place: PathPlace): boolean {
  return place.node !== null && isSystem(place.node) && place.node.kind === "file" && place.node.mode === DEVICE_MODE;
}

export const DEVICE_MODE = 0o666;
