/** How much memory the Worker's process holds, as the system counts it; for the tests' print-outs. */
import { readdir, readFile, readlink } from "node:fs/promises";

const LISTENING = "0A";

export interface Memory {
  /** MiB now, and at most so far. */
  now: number;
  peak: number;
}

/** Of the process that listens on the port; null where /proc does not tell. */
export async function memoryOf(url: string): Promise<Memory | null> {
  const pid = await listenerOf(Number(new URL(url).port)).catch(() => null);
  if (pid === null) return null;
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const mib = (name: string) => Math.round(Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1]) / 1024);
  return { now: mib("VmRSS"), peak: mib("VmHWM") };
}

async function listenerOf(port: number): Promise<string | null> {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  const lines = (await readFile("/proc/net/tcp", "utf8")).split("\n").map((line) => line.trim().split(/\s+/));
  const inode = lines.find(([, local, , state]) => local?.endsWith(`:${hex}`) && state === LISTENING)?.[9];
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const held = await readdir(`/proc/${pid}/fd`).catch(() => []);
    for (const fd of held) {
      const target = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => "");
      if (target === `socket:[${inode}]`) return pid;
    }
  }
  return null;
}
