/** Once per run of the worker project: builds what the Worker imports from dist/ and starts the scripted model server that the objects call. */
import type { TestProject } from "vitest/node";
import { buildParts } from "../src/cli/build.ts";
import { startModelServer } from "./support/model-server/server.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Of the scripted model server, for `remoteModelServer` in tests. */
    messagesUrl: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await buildParts();
  const server = await startModelServer();
  project.provide("messagesUrl", server.url);
  return () => server.close();
}
