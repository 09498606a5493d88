/** The Worker with host.ts in the place of src/index.ts, in a process of its own. */
import { resolve } from "node:path";
import { buildHost } from "../support/host.ts";
import { type Server, startServer } from "../support/server.ts";

export interface RecoveryServer extends Server {
  /** The text of the test's bundle and of the production one. */
  bundles: { test: string; production: string };
}

export async function startRecoveryServer(modelUrl: string): Promise<RecoveryServer> {
  const { built, production } = await buildHost(resolve(import.meta.dirname, "host.ts"));
  const server = await startServer({ built, modelUrl, vars: { RETRY_BASE_MS: "1" } });
  return { ...server, bundles: { test: built.script, production } };
}
