/** The Worker with a test's own entry in the place of src/index.ts. */
import { build } from "esbuild";
import { workerBuild } from "../../src/cli/build.ts";
import { type Built, buildServer } from "../../src/cli/serve.ts";

export interface Host {
  built: Built;
  /** The production bundle, to be searched for what must not be in it. */
  production: string;
}

/** `entry`: the path of a module that exports what src/index.ts does. */
export async function buildHost(entry: string): Promise<Host> {
  const production = await buildServer();
  const { outputFiles } = await build({ ...workerBuild, entryPoints: [entry] });
  return { built: { ...production, script: outputFiles[0]?.text ?? "" }, production: production.script };
}
