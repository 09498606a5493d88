/** One program at a time on one folder of storage: two would both run the sessions in it. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { Trouble } from "./program.ts";

const FILE = "in-use-by";

/** Claims the folder for this process until it ends; throws a Trouble when another living process has it. Twice is the same as once. */
export function claim(folder: string): void {
  const file = resolve(folder, FILE);
  mkdirSync(folder, { recursive: true });
  const holder = holderOf(file);
  if (holder === process.pid) return;
  if (holder !== null) {
    throw new Trouble(`process ${holder} already runs Sinew on the storage in ${folder}; stop it first.`);
  }
  writeFileSync(file, String(process.pid));
  process.on("exit", () => rmSync(file, { force: true }));
}

/** The living process that the file names; null when there is none. */
function holderOf(file: string): number | null {
  try {
    const pid = Number(readFileSync(file, "utf8"));
    process.kill(pid, 0);
    return pid;
  } catch {
    return null;
  }
}
