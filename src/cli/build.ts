/**
 * Builds what the Worker is made of, into dist/: `machine.txt`, the program that runs inside the isolate (a Text module of the
 * Worker), the pages of `src/console`, and, for those who run the Worker from Node, the Worker itself as one module. wrangler's `[build]` runs this file.
 */
import { mkdir } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { type BuildOptions, build } from "esbuild";
import { bundleMachine } from "../hands/machines/isolate/bundle.ts";
import { ROOT, writeAtomically } from "./root.ts";

const MACHINE_FILE = resolve(ROOT, "dist/machine.txt");
/** The Worker's static files (wrangler.toml). Wrangler wants the folder to be there before it reads anything else. */
const ASSETS = resolve(ROOT, "dist/assets");

/** Writes dist/machine.txt, which `src/` imports as text. */
export async function buildMachine(): Promise<void> {
  await writeAtomically(MACHINE_FILE, await bundleMachine());
}

/** Writes /docs/docs.js and /docs/docs.css. */
export async function buildPages(): Promise<void> {
  await mkdir(ASSETS, { recursive: true });
  const { outputFiles } = await build({
    entryPoints: [resolve(ROOT, "src/console/docs.ts")],
    outdir: resolve(ASSETS, "docs"),
    bundle: true,
    write: false,
    minify: true,
    format: "esm",
    target: "es2022",
    legalComments: "eof",
    logLevel: "silent",
  });
  await Promise.all(
    outputFiles.map((file) => writeAtomically(resolve(ASSETS, "docs", basename(file.path)), file.contents)),
  );
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
