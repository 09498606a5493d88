/** What this machine sets for local runs: `.dev.vars` (which git ignores), and over it the shell's own variables. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { parseEnv } from "node:util";
import { ROOT } from "./root.ts";

/** The settings that a shell variable may carry into a local run. */
const FROM_SHELL = ["ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "PROVIDERS", "REHEARSAL_PACE"];

/** Empty values count as not set. */
export async function localVars(
  env: NodeJS.ProcessEnv = process.env,
  folder: string = ROOT,
): Promise<Record<string, string>> {
  const text = await readFile(resolve(folder, ".dev.vars"), "utf8").catch(() => "");
  const shell = FROM_SHELL.map((name) => [name, env[name]]);
  const all = Object.entries({ ...parseEnv(text), ...Object.fromEntries(shell.filter(([, value]) => value)) });
  return Object.fromEntries(all.filter((entry): entry is [string, string] => Boolean(entry[1])));
}
