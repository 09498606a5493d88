import { build } from "esbuild";
import { beforeAll, describe, expect, it } from "vitest";
import { buildParts, workerBuild } from "../../src/cli/build.ts";
import { ROOT } from "../../src/cli/root.ts";

/** Sources that may be part of the Worker: not the programs for people. */
const OURS = /^src\/(?!cli\/|console\/)/;
/** The isolate's program is in it as a text, which only the loader runs; those of the pages as bytes, which only browsers do. */
const PACKED = ["dist/machine.txt", "dist/docs.js.bin", "dist/docs.css.bin"];
const PACKAGES =
  /^node_modules\/(hono|zod|@opentelemetry\/api|@anthropic-ai\/sdk|standardwebhooks|@stablelib\/base64|fast-sha256)\//;

type Source = { entryPoints: string[] } | { stdin: { contents: string; resolveDir: string; sourcefile: string } };

/** What a bundle holds that the Worker may not hold. */
async function strangers(source: Source): Promise<string[]> {
  const { metafile } = await build({ ...workerBuild, ...source, metafile: true, absWorkingDir: ROOT });
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.keys(output.inputs));
  return inputs.filter((path) => !PACKED.includes(path) && !OURS.test(path) && !PACKAGES.test(path));
}

const madeUp = (contents: string): Source => ({ stdin: { contents, resolveDir: ROOT, sourcefile: "src/madeUp.ts" } });

describe("the Worker's bundle", () => {
  beforeAll(buildParts);

  it("holds no interpreter and no test code", async () => {
    expect(await strangers({ entryPoints: ["src/index.ts"] })).toEqual([]);
  });

  it("would be caught with either", async () => {
    expect(await strangers(madeUp('export { Bash } from "just-bash/browser";'))).toContainEqual(
      expect.stringContaining("just-bash"),
    );
    expect(await strangers(madeUp('export { ROOT } from "./src/cli/root.ts";'))).toEqual(["src/cli/root.ts"]);
  });
});
