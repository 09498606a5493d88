/**
 * The SQLite side of the tree. Tables: `inode`, `entry` (directory, name -> inode), `chunk` (up to 1 MiB of a blob per row) and `meta`. A blob is
 * never changed in place: new bytes get a new blob, which belongs to nobody until the commit that points an inode at it. So what a dead call
 * left behind is a row above the counter of the last commit, and the next start deletes it.
 */
import type { Sql } from "../../../log/sql.ts";
import { MAX_DIRTY_BYTES } from "./limits.ts";
import { type Kind, type Node, newNode } from "./node.ts";

/** Bytes of a chunk row; chunks of a blob (so that a chunk's key is blob * CHUNKS + n). */
const CHUNK_BYTES = 1024 * 1024;
const CHUNKS = 16;
const ROOT_INO = 1;

const TABLES = [
  `CREATE TABLE IF NOT EXISTS inode (ino INTEGER PRIMARY KEY, kind TEXT NOT NULL, mode INTEGER NOT NULL, mtime REAL NOT NULL,
    size INTEGER NOT NULL, blob INTEGER, target TEXT NOT NULL)`,
  `CREATE TABLE IF NOT EXISTS entry (directory INTEGER NOT NULL, name TEXT NOT NULL, ino INTEGER NOT NULL,
    PRIMARY KEY (directory, name)) WITHOUT ROWID`,
  "CREATE TABLE IF NOT EXISTS chunk (key INTEGER PRIMARY KEY, bytes BLOB NOT NULL)",
  "CREATE TABLE IF NOT EXISTS disk (id INTEGER PRIMARY KEY CHECK (id = 1), next_ino INTEGER NOT NULL, next_blob INTEGER NOT NULL)",
];

export class Disk {
  root: Node = newNode(ROOT_INO, "directory", 0o755, 0);
  /** Bytes of all files, and how many nodes are stored. */
  used = 0;
  count = 0;
  readonly #sql: Sql;
  #nextIno = ROOT_INO + 1;
  #nextSystemIno = -1;
  #nextBlob = 1;
  #committedBlob = 1;
  #dirtyNodes = new Set<Node>();
  #dirtyEntries = new Map<Node, Set<string>>();
  #droppedBlobs: number[] = [];
  #pending = new Set<Node>();
  #pendingBytes = 0;

  constructor(sql: Sql) {
    this.#sql = sql;
    for (const table of TABLES) sql.exec(table);
    this.load();
  }

  /** Reads the last commit and forgets everything since. */
  load(): void {
    this.root = newNode(ROOT_INO, "directory", 0o755, 0);
    this.#dirtyNodes = new Set();
    this.#dirtyEntries = new Map();
    this.#droppedBlobs = [];
    this.#pending = new Set();
    this.#pendingBytes = 0;
    this.used = 0;
    const [counters] = this.#sql.exec("SELECT next_ino, next_blob FROM disk");
    this.#nextIno = Number(counters?.next_ino ?? ROOT_INO + 1);
    this.#nextBlob = Number(counters?.next_blob ?? 1);
    this.#committedBlob = this.#nextBlob;
    this.#sql.exec("DELETE FROM chunk WHERE key >= ?", this.#nextBlob * CHUNKS);
    const nodes = new Map<number, Node>([[ROOT_INO, this.root]]);
    for (const row of this.#sql.exec("SELECT * FROM inode")) {
      const node = newNode(Number(row.ino), row.kind as Kind, Number(row.mode), Number(row.mtime));
      node.size = Number(row.size);
      node.blob = row.blob === null ? null : Number(row.blob);
      node.target = String(row.target);
      if (node.kind === "file") this.used += node.size;
      nodes.set(node.ino, node);
    }
    this.root = nodes.get(ROOT_INO) as Node;
    this.root.parent = this.root;
    this.count = nodes.size;
    for (const row of this.#sql.exec("SELECT directory, name, ino FROM entry")) {
      const directory = nodes.get(Number(row.directory)) as Node;
      const node = nodes.get(Number(row.ino)) as Node;
      directory.entries.set(String(row.name), node);
      node.links++;
      if (node.kind === "directory") node.parent = directory;
    }
  }

  newIno(system: boolean): number {
    return system ? this.#nextSystemIno-- : this.#nextIno++;
  }

  read(node: Node): Uint8Array {
    if (node.pending !== null) return node.pending.slice(0, node.size);
    const bytes = new Uint8Array(node.size);
    if (node.blob === null) return bytes;
    let at = 0;
    const rows = this.#sql.exec("SELECT bytes FROM chunk WHERE key >= ? AND key < ? ORDER BY key", ...keys(node.blob));
    for (const row of rows) {
      const part = new Uint8Array(row.bytes as ArrayBuffer);
      bytes.set(part, at);
      at += part.length;
    }
    return bytes;
  }

  write(node: Node, bytes: Uint8Array): void {
    this.#hold(node, bytes.slice(), bytes.length);
  }

  append(node: Node, bytes: Uint8Array): void {
    const size = node.size + bytes.length;
    let buffer = node.pending ?? this.read(node);
    if (buffer.length < size) {
      const grown = new Uint8Array(Math.max(size, Math.min(buffer.length * 2, size + CHUNK_BYTES)));
      grown.set(buffer.subarray(0, node.size));
      buffer = grown;
    }
    buffer.set(bytes, node.size);
    this.#hold(node, buffer, size);
  }

  setEntry(directory: Node, name: string, node: Node): void {
    directory.entries.set(name, node);
    if (node.links++ === 0 && node.ino > 0) this.count++;
    this.#entryChanged(directory, name);
    this.changed(node);
  }

  deleteEntry(directory: Node, name: string, node: Node): void {
    directory.entries.delete(name);
    this.#entryChanged(directory, name);
    if (--node.links > 0) return;
    if (node.ino > 0) this.count--;
    if (node.kind === "file") this.#forget(node);
    this.changed(node);
  }

  changed(node: Node): void {
    if (node.ino > 0) this.#dirtyNodes.add(node);
  }

  /** Writes every change and whatever `also` writes, as one transaction. If it throws, nothing is written; call `load` then. */
  commit(also: () => void): void {
    this.#sql.transaction(() => {
      this.#spill();
      for (const node of this.#dirtyNodes) this.#storeNode(node);
      for (const [directory, names] of this.#dirtyEntries) for (const name of names) this.#storeEntry(directory, name);
      for (const blob of this.#droppedBlobs)
        this.#sql.exec("DELETE FROM chunk WHERE key >= ? AND key < ?", ...keys(blob));
      if (this.#dirtyNodes.size > 0) {
        this.#sql.exec("INSERT OR REPLACE INTO disk VALUES (1, ?, ?)", this.#nextIno, this.#nextBlob);
      }
      also();
    });
    this.#committedBlob = this.#nextBlob;
    this.#dirtyNodes.clear();
    this.#dirtyEntries.clear();
    this.#droppedBlobs = [];
  }

  #hold(node: Node, buffer: Uint8Array, size: number): void {
    if (node.ino > 0) {
      this.used += size - node.size;
      this.#pendingBytes += size - (node.pending === null ? 0 : node.size);
      this.#pending.add(node);
    }
    this.#dropBlob(node);
    node.pending = buffer;
    node.size = size;
    this.changed(node);
    if (this.#pendingBytes > MAX_DIRTY_BYTES) this.#spill();
  }

  #forget(node: Node): void {
    if (node.ino > 0) {
      this.used -= node.size;
      if (node.pending !== null) this.#pendingBytes -= node.size;
      this.#pending.delete(node);
    }
    this.#dropBlob(node);
    node.pending = null;
    node.size = 0;
  }

  #dropBlob(node: Node): void {
    if (node.blob === null) return;
    if (node.blob < this.#committedBlob) this.#droppedBlobs.push(node.blob);
    else this.#sql.exec("DELETE FROM chunk WHERE key >= ? AND key < ?", ...keys(node.blob));
    node.blob = null;
  }

  #spill(): void {
    for (const node of this.#pending) {
      const bytes = (node.pending as Uint8Array).subarray(0, node.size);
      if (bytes.length > 0) node.blob = this.#nextBlob++;
      for (let n = 0; n * CHUNK_BYTES < bytes.length; n++) {
        const part = bytes.slice(n * CHUNK_BYTES, (n + 1) * CHUNK_BYTES);
        this.#sql.exec("INSERT INTO chunk VALUES (?, ?)", (node.blob as number) * CHUNKS + n, part);
      }
      node.pending = null;
    }
    this.#pending.clear();
    this.#pendingBytes = 0;
  }

  #storeNode(node: Node): void {
    if (node.links === 0 && node.ino !== ROOT_INO) {
      this.#sql.exec("DELETE FROM inode WHERE ino = ?", node.ino);
      return;
    }
    const { ino, kind, mode, mtime, size, blob, target } = node;
    this.#sql.exec(
      "INSERT OR REPLACE INTO inode VALUES (?, ?, ?, ?, ?, ?, ?)",
      ino,
      kind,
      mode,
      mtime,
      size,
      blob,
      target,
    );
  }

  #storeEntry(directory: Node, name: string): void {
    const node = directory.entries.get(name);
    if (node === undefined) this.#sql.exec("DELETE FROM entry WHERE directory = ? AND name = ?", directory.ino, name);
    else if (node.ino > 0)
      this.#sql.exec("INSERT OR REPLACE INTO entry VALUES (?, ?, ?)", directory.ino, name, node.ino);
  }

  #entryChanged(directory: Node, name: string): void {
    if (directory.ino < 0) return;
    const names = this.#dirtyEntries.get(directory) ?? new Set();
    this.#dirtyEntries.set(directory, names.add(name));
  }
}

function keys(blob: number): [number, number] {
  return [blob * CHUNKS, (blob + 1) * CHUNKS];
}
