/** The development API key: made once, kept under .wrangler/ (which git ignores), used by every local run. */
import { randomBytes } from "node:crypto";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { ROOT } from "./root.ts";

const KEY_FILE = resolve(ROOT, ".wrangler/development-key");
const KEY_BYTES = 24;

/** The key's value, readable by its owner only. `created` says whether this call made it. */
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
