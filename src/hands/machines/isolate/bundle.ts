/** Bundles the isolate machine into one module's text. Runs on Node at build time; only `cli/` imports it. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { build, type Plugin } from "esbuild";
import { patchInterpreter } from "./patches.ts";

const patching: Plugin = {
  name: "patch just-bash",
  setup({ onLoad }) {
    onLoad({ filter: /just-bash[/\\]dist[/\\]bundle[/\\]browser\.js$/ }, async ({ path }) => ({
      contents: patchInterpreter(await readFile(path, "utf8")),
      loader: "js",
    }));
  },
};

/** The text of `isolate/entry.ts` and everything below it, as one ES module that imports only `cloudflare:*` and `node:*`. */
export async function bundleMachine(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [resolve(import.meta.dirname, "entry.ts")],
    bundle: true,
    write: false,
    minify: true,
    format: "esm",
    target: "es2024",
    platform: "neutral",
    mainFields: ["browser", "module", "main"],
    conditions: ["workerd", "worker", "browser"],
    external: ["cloudflare:*", "node:*"],
    plugins: [patching],
    logLevel: "silent",
  });
  return outputFiles[0]!.text;
}
