/**
 * A real Chromium for tests. On Linux (x64) npm brings one, the headless shell with its libraries and fonts: nothing is installed by hand and
 * nothing fetched. Elsewhere the machine's own Google Chrome is asked for; without one a test fails and says what to install.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { type Browser, chromium } from "playwright-core";
import { ROOT, writeAtomically } from "../../src/cli/root.ts";

const PACKAGE = resolve(ROOT, "node_modules/@sparticuz/chromium/package.json");
const UNPACK = resolve(import.meta.dirname, "unpack.ts");

/** The caller closes it. */
export async function launchBrowser(): Promise<Browser> {
  if (process.platform !== "linux" || process.arch !== "x64") return launchChrome();
  const folder = await unpacked();
  await writeAtomically(resolve(folder, "fonts.conf"), fontsOf(folder));
  return chromium.launch({
    executablePath: resolve(folder, "chromium"),
    // The sandbox needs rights that a container's root does not have, and the pages are our own.
    args: ["--no-sandbox", "--disable-gpu"],
    env: {
      ...process.env,
      LD_LIBRARY_PATH: resolve(folder, "al2023/lib"),
      FONTCONFIG_FILE: resolve(folder, "fonts.conf"),
    },
  });
}

/** The package's own file names places of its home, and a Chromium that finds no font at all dies of the first text it lays out. */
function fontsOf(folder: string): string {
  const [fonts, cache] = [resolve(folder, "fonts"), resolve(folder, "fonts-cache")];
  return `<?xml version="1.0"?><fontconfig><dir>${fonts}</dir><cachedir>${cache}</cachedir></fontconfig>\n`;
}

async function launchChrome(): Promise<Browser> {
  try {
    return await chromium.launch({ channel: "chrome" });
  } catch (error) {
    throw new Error("the browser tests need Google Chrome on this system: install it, then run them again", {
      cause: error,
    });
  }
}

/** dist/chromium-VERSION, unpacked once; a run that is broken off leaves nothing that looks whole. */
async function unpacked(): Promise<string> {
  const { version } = JSON.parse(await readFile(PACKAGE, "utf8")) as { version: string };
  const folder = resolve(ROOT, `dist/chromium-${version}`);
  if (existsSync(folder)) return folder;
  await mkdir(resolve(ROOT, "dist"), { recursive: true });
  const making = await mkdtemp(`${folder}-`);
  const env = { ...process.env, TMPDIR: making, AWS_EXECUTION_ENV: "AWS_Lambda_nodejs24.x" };
  await promisify(execFile)(process.execPath, [UNPACK], { env });
  try {
    await rename(making, folder);
  } catch (error) {
    // Another run was first.
    await rm(making, { recursive: true });
    if (!existsSync(folder)) throw error;
  }
  return folder;
}
