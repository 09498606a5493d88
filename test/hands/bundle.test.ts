import { resolve } from "node:path";
import { build } from "esbuild";
import { beforeAll, expect, it } from "vitest";
import { buildParts, workerBuild } from "../../src/cli/build.ts";
import { bundleMachine } from "../../src/hands/machines/isolate/bundle.ts";

beforeAll(buildParts);

it("keeps the interpreter out of the Worker's own modules", async () => {
  const entry = resolve(import.meta.dirname, "../../src/hands/sandbox/sandbox.ts");
  const { metafile } = await build({ ...workerBuild, entryPoints: [entry], metafile: true });
  const inputs = Object.keys(metafile.inputs).filter((path) => !path.endsWith("machine.txt"));
  expect(inputs.some((path) => path.endsWith("src/hands/sandbox/sandbox.ts"))).toBe(true);
  expect(inputs.filter((path) => path.includes("just-bash"))).toEqual([]);
});

it("makes a machine that imports only the platform, the same bytes each time", async () => {
  const text = await bundleMachine();
  const imports = [...text.matchAll(/(?:^|;)import\b[^;"]*"([^"]+)"/gm)].map((match) => match[1]!);
  expect(imports).toContain("cloudflare:workers");
  for (const name of imports) expect(name).toMatch(/^(cloudflare|node):/);
  expect(await bundleMachine()).toBe(text);
});
