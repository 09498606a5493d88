/** One program at a time on one folder of storage: two would both run the sessions in it. */
import { existsSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { leftover } from "./leftover.ts";
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
  // The file of a holder that is gone says that it was killed: only then something may be left of it.
  const left = existsSync(file) ? leftover(realpathSync(folder)).join(" ") : "";
  if (left)
    throw new Trouble(`a Sinew that was killed still runs in part on the storage in ${folder}; first: kill ${left}`);
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
