/**
 * One Sinew at a time on one folder of storage: two would both run the sessions in it. The lock is the operating system's, on a file of SQLite, so
 * that it ends with its holder, however that ends. Only the holder's workerd may outlive it, serve on and run sessions: a second file,
 * removed by an orderly end, says when to look for one.
 */
import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, resolve, sep } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { CliError } from "./program.ts";

/** Never removed: a lock on a file without a name would keep nobody out. */
const LOCK = "lock";
/** The holder's process id, for people and for the test of a kill; nothing is decided by it. */
const HOLDER = "in-use-by";
const SQLITE_BUSY = 5;
/** How long a process that was killed may take to be gone: a large one a second or two. */
const DYING_MS = 3_000;
const LOOK_MS = 50;

const held = new Map<string, DatabaseSync>();

/** Locks the folder for this process until it ends; throws a CliError when another one has it. Twice is the same as once. */
export function lockStorage(path: string): void {
  mkdirSync(path, { recursive: true });
  const folder = realpathSync(path);
  if (held.has(folder)) return;
  const holder = resolve(folder, HOLDER);
  const lock = locked(resolve(folder, LOCK));
  if (lock === null) {
    throw new CliError(`process ${holderIn(holder)} already runs Sinew on the storage in ${path}; stop it first.`);
  }
  const killed = existsSync(holder);
  writeFileSync(holder, String(process.pid));
  const left = killed ? orphans(folder) : [];
  if (left.length > 0) {
    lock.close();
    throw new CliError(
      `a Sinew that was killed still runs in part on the storage in ${path}; first: kill ${left.join(" ")}`,
    );
  }
  held.set(folder, lock);
  process.on("exit", () => rmSync(holder, { force: true }));
}

/** The file under an exclusive lock, until it is closed; null when another process has that. */
function locked(file: string): DatabaseSync | null {
  const lock = new DatabaseSync(file);
  try {
    // In memory: nothing is ever written, and no file of a journal is left.
    lock.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
    return lock;
  } catch (error) {
    lock.close();
    if (error instanceof Error && "errcode" in error && error.errcode === SQLITE_BUSY) return null;
    throw error;
  }
}

/** It is written a moment after the lock is taken. */
function holderIn(file: string): string {
  return existsSync(file) ? readFileSync(file, "utf8") : "(unknown)";
}

/** The living workerds that have files of the folder open, each with the Nodes that would start it again; none where the system does not tell. */
function orphans(folder: string): number[] {
  const until = Date.now() + DYING_MS;
  for (;;) {
    const found = process.platform === "linux" ? fromProc(folder) : fromLsof(folder);
    if (found.length === 0 || Date.now() >= until) return [...new Set(found.flatMap((pid) => [...parents(pid), pid]))];
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOOK_MS);
  }
}

function fromProc(folder: string): number[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const workerds = pids.filter((pid) => orNone(() => [readFileSync(`/proc/${pid}/comm`, "utf8")])[0] === "workerd\n");
  return workerds.filter((pid) => openFiles(pid).some((file) => file.startsWith(folder + sep))).map(Number);
}

function openFiles(pid: string): string[] {
  const descriptors = orNone(() => readdirSync(`/proc/${pid}/fd`));
  return descriptors.flatMap((fd) => orNone(() => [readlinkSync(`/proc/${pid}/fd/${fd}`)]));
}

/** lsof ends with 1 where it finds nothing. */
function fromLsof(folder: string): number[] {
  return orNone(() => said("lsof", ["-t", "-a", "-c", "workerd", "+D", folder]).split("\n").filter(Boolean)).map(
    Number,
  );
}

/** The Nodes above a process, the first one first. */
function parents(pid: number): number[] {
  const [, parent] = /^\s*(\d+)/.exec(orNone(() => [said("ps", ["-o", "ppid=", "-p", String(pid)])])[0] ?? "") ?? [];
  if (parent === undefined) return [];
  const [program = ""] = orNone(() => said("ps", ["-o", "args=", "-p", parent]).split(" "));
  return basename(program).startsWith("node") ? [...parents(Number(parent)), Number(parent)] : [];
}

function said(program: string, args: string[]): string {
  return execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
}

/** Nothing of a process that has just ended, a file that was closed meanwhile, another user's process, or a program that is not there. */
function orNone(look: () => string[]): string[] {
  try {
    return look();
  } catch {
    return [];
  }
}
