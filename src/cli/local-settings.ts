/** What this machine sets for local runs: `.dev.vars`, the shell's own variables over it, and an API key; git ignores the files. */
import { randomBytes } from "node:crypto";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { parseEnv } from "node:util";
import { ROOT } from "./root.ts";

/** The settings that a shell variable may carry into a local run. */
const FROM_SHELL = ["ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "PROVIDERS", "REHEARSAL_PACE"];
const KEY_FILE = resolve(ROOT, ".wrangler/development-key");
const KEY_BYTES = 24;

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

/** The development API key, made once and readable by its owner only. `created` says whether this call made it. */
export async function developmentKey(file: string = KEY_FILE): Promise<{ key: string; created: boolean }> {
  await mkdir(dirname(file), { recursive: true });
  try {
    const key = `sk-sinew-${randomBytes(KEY_BYTES).toString("base64url")}`;
    await writeFile(file, `${key}\n`, { mode: 0o600, flag: "wx" });
    return { key, created: true };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    await chmod(file, 0o600);
    return { key: (await readFile(file, "utf8")).trim(), created: false };
  }
}
