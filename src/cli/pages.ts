/** Builds the pages of `src/console` into dist/assets, which wrangler.toml names as the Worker's static files. */
import { mkdir } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { build } from "esbuild";
import { ROOT } from "./root.ts";
import { writeWhole } from "./whole.ts";

/** Wrangler wants the folder to be there before it reads anything else. */
const ASSETS = resolve(ROOT, "dist/assets");

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
  await Promise.all(outputFiles.map((file) => writeWhole(resolve(ASSETS, "docs", basename(file.path)), file.contents)));
}
