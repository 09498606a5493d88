/**
 * Builds what the Worker is made of, into dist/: `machine.txt`, the program that runs inside the isolate (a Text module of the
 * Worker), the pages of `src/console` (Data modules), and, for those who run the Worker from Node, the Worker itself as one module. wrangler's `[build]` runs this file.
 */
import { basename, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { type BuildOptions, build } from "esbuild";
import { bundleMachine } from "../hands/machines/isolate/bundle.ts";
import { ROOT, writeAtomically } from "./root.ts";

const MACHINE_FILE = resolve(ROOT, "dist/machine.txt");

/** Writes dist/machine.txt, which `src/` imports as text. */
export async function buildMachine(): Promise<void> {
  await writeAtomically(MACHINE_FILE, await bundleMachine());
}

/** Writes dist/docs.js.bin and dist/docs.css.bin, packed, which `src/api/x/service.ts` imports. */
async function buildPages(): Promise<void> {
  const { outputFiles } = await build({
    entryPoints: [resolve(ROOT, "src/console/docs.ts")],
    outdir: resolve(ROOT, "dist"),
    bundle: true,
    write: false,
    minify: true,
    format: "esm",
    target: "es2022",
    legalComments: "eof",
    logLevel: "silent",
  });
  const packed = (path: string) => resolve(ROOT, "dist", `${basename(path)}.bin`);
  await Promise.all(
    outputFiles.map(({ path, contents }) => writeAtomically(packed(path), gzipSync(contents, { level: 9 }))),
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
  loader: { ".txt": "text", ".bin": "binary" },
  logLevel: "silent",
} satisfies BuildOptions;

/** The Worker as the text of one ES module; needs what `buildParts` makes. */
export async function bundleWorker(): Promise<string> {
  const { outputFiles } = await build({ ...workerBuild, entryPoints: [resolve(ROOT, "src/index.ts")] });
  return outputFiles[0]!.text;
}

/** Everything that the Worker imports from dist/: the machine, and the pages. */
export async function buildParts(): Promise<void> {
  await Promise.all([buildMachine(), buildPages()]);
}

if (import.meta.main) await buildParts();
