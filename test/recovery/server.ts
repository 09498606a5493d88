/** The Worker with host.ts in the place of src/index.ts, in a process of its own. */
import { resolve } from "node:path";
import { build } from "esbuild";
import { workerBuild } from "../../src/cli/build.ts";
import { buildServer } from "../../src/cli/serve.ts";
import { type Server, startServer } from "../support/server.ts";

export interface RecoveryServer extends Server {
  /** The text of the test's bundle and of the production one. */
  bundles: { test: string; production: string };
}

export async function startRecoveryServer(modelUrl: string): Promise<RecoveryServer> {
  const built = await buildServer();
  const { outputFiles } = await build({ ...workerBuild, entryPoints: [resolve(import.meta.dirname, "host.ts")] });
  const script = outputFiles[0]?.text ?? "";
  const server = await startServer({ built: { ...built, script }, modelUrl, vars: { RETRY_BASE_MS: "1" } });
  return { ...server, bundles: { test: script, production: built.script } };
}
