/** Where and when a run is made. */
import { readFile, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { runChild } from "../../src/cli/child.ts";
import { ROOT } from "../../src/cli/root.ts";
import { type Made, publish } from "./summary.ts";

/** What decides the outcome of a run: the README itself is written by one. */
const SOURCES = ["src", "test", "package.json", "package-lock.json"];

/** As it is when a run begins; how long it took is known at its end. */
export async function madeBy(command: string): Promise<Omit<Made, "seconds">> {
  const [head, changes] = await Promise.all([
    git("rev-parse", "--short", "HEAD"),
    git("status", "--porcelain", "--", ...SOURCES),
  ]);
  return {
    command,
    date: new Date().toISOString().slice(0, 10),
    commit: head === null ? "unknown" : `${head}${changes === "" ? "" : "+"}`,
    node: process.version,
    cores: availableParallelism(),
  };
}

/** Puts a summary into the README. */
export async function writeSummary(name: string, text: string): Promise<void> {
  const path = resolve(ROOT, "README.md");
  await writeFile(path, publish(await readFile(path, "utf8"), name, text));
}

/** Null: not a clone, or no git. */
async function git(...args: string[]): Promise<string | null> {
  const ended = await runChild("git", args, { show: false }).catch(() => null);
  return ended?.code === 0 ? ended.output.trim() : null;
}
