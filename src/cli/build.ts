/**
 * Builds what the Worker is made of, into dist/: `machine.txt`, the program that runs inside the isolate (a Text module of the
 * Worker), the pages (`pages.ts`), and, for those who run the Worker from Node, the Worker itself as one module. wrangler's `[build]` runs this file.
 */
import { resolve } from "node:path";
import { type BuildOptions, build } from "esbuild";
import { bundleMachine } from "../hands/machines/isolate/bundle.ts";
import { buildPages } from "./pages.ts";
import { ROOT } from "./root.ts";
import { writeWhole } from "./whole.ts";

const MACHINE_FILE = resolve(ROOT, "dist/machine.txt");

/** Writes dist/machine.txt, which `src/` imports as text. */
export async function buildMachine(): Promise<void> {
  await writeWhole(MACHINE_FILE, await bundleMachine());
}

/** How the Worker is bundled: the options of wrangler's own bundling. */
export const workerBuild = {
  bundle: true,
  write: false,
  format: "esm",
  target: "es2024",
  platform: "neutral",
  mainFields: ["browser", "module", "main"],
  conditions: ["workerd", "worker", "browser"],
  external: ["cloudflare:*", "node:*"],
  loader: { ".txt": "text" },
  logLevel: "silent",
} satisfies BuildOptions;

/** The Worker as the text of one ES module; needs dist/machine.txt. */
export async function bundleWorker(): Promise<string> {
  const { outputFiles } = await build({ ...workerBuild, entryPoints: [resolve(ROOT, "src/index.ts")] });
  return outputFiles[0]!.text;
}

/** Everything that `wrangler` reads: the machine, and the pages. */
export async function buildParts(): Promise<void> {
  await Promise.all([buildMachine(), buildPages()]);
}

if (import.meta.main) await buildParts();
