/** What a killed Sinew leaves behind: its workerd outlives it, serves on, and runs the sessions of the storage that it has open. */
import { execFileSync } from "node:child_process";
import { readdirSync, readlinkSync } from "node:fs";
import { sep } from "node:path";

/** How long a process that was killed may take to be gone: a large one a second or two. */
const DYING_MS = 3_000;
const LOOK_MS = 50;

/** The living processes that have files of the folder open, this one aside; none where the system does not tell. */
export function leftover(folder: string): number[] {
  const until = Date.now() + DYING_MS;
  for (;;) {
    const found = (process.platform === "linux" ? fromProc(folder) : fromLsof(folder)).filter(isOther);
    if (found.length === 0 || Date.now() >= until) return found;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOOK_MS);
  }
}

function isOther(pid: number): boolean {
  return pid > 0 && pid !== process.pid;
}

function fromProc(folder: string): number[] {
  const all = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return all.filter((pid) => openIn(`/proc/${pid}/fd`).some((file) => file.startsWith(folder + sep))).map(Number);
}

/** Nothing of a process that has just ended, or is another user's. */
function openIn(fds: string): string[] {
  try {
    return readdirSync(fds).flatMap((fd) => linkOf(`${fds}/${fd}`));
  } catch {
    return [];
  }
}

/** Nothing of a file that was closed meanwhile. */
function linkOf(fd: string): string[] {
  try {
    return [readlinkSync(fd)];
  } catch {
    return [];
  }
}

/** lsof ends with 1 where it finds nothing. */
function fromLsof(folder: string): number[] {
  try {
    const pids = execFileSync("lsof", ["-t", "+D", folder], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    return pids.split("\n").map(Number);
  } catch {
    return [];
  }
}
