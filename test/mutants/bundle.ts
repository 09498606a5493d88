/** Tests and sources as one module, with a mutant laid over the sources: the tree itself is never touched. */
import { readFile } from "node:fs/promises";
import { dirname, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type BuildContext, context, type Plugin } from "esbuild";
import { ROOT } from "../../src/cli/root.ts";
import { type Patch, patched, SUITES, type SuiteName } from "./mutant.ts";

/** What the platform gives the objects' classes. */
const PLATFORM = resolve(import.meta.dirname, "../support/platform.ts");

export class Bundler {
  #patches: Patch[] = [];
  #context: Promise<BuildContext> | null = null;
  readonly #suite: SuiteName;

  constructor(suite: SuiteName) {
    this.#suite = suite;
  }

  /** The module's text. It posts what `runTests` says to its parent. Throws when what comes of them cannot be read. */
  async bundle(patches: Patch[]): Promise<string> {
    this.#patches = patches;
    this.#context ??= this.#open();
    const { outputFiles } = await (await this.#context).rebuild();
    return outputFiles?.[0]?.text ?? "";
  }

  async close(): Promise<void> {
    await (await this.#context)?.dispose();
  }

  #open(): Promise<BuildContext> {
    const files = SUITES[this.#suite].map((file) => `import ${JSON.stringify(resolve(ROOT, file))};`);
    const entry = `${files.join("\n")}
import { runTests } from "vitest";
import { parentPort } from "node:worker_threads";
parentPort.postMessage(await runTests());`;
    return context({
      stdin: { contents: entry, resolveDir: ROOT, loader: "js" },
      bundle: true,
      write: false,
      format: "esm",
      platform: "node",
      target: "node24",
      logLevel: "silent",
      banner: {
        js: `import { createRequire as bundleRequire } from "node:module"; const require = bundleRequire(${JSON.stringify(`${ROOT}/`)});`,
      },
      plugins: [this.#overlay()],
    });
  }

  #overlay(): Plugin {
    return {
      name: "mutant",
      setup: (build) => {
        build.onResolve({ filter: /^vitest$/ }, () => ({ path: resolve(import.meta.dirname, "shim.ts") }));
        build.onResolve({ filter: /^cloudflare:/ }, () => ({ path: PLATFORM }));
        build.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
          if (path.includes("node_modules")) return undefined;
          const source = await readFile(path, "utf8");
          const own = this.#patches.filter((patch) => patch.file === relative(ROOT, path).replaceAll("\\", "/"));
          const contents = patched(source, own)
            .replaceAll("import.meta.dirname", JSON.stringify(dirname(path)))
            .replaceAll("import.meta.url", JSON.stringify(pathToFileURL(path)));
          return { contents, loader: "ts" };
        });
      },
    };
  }
}
