/** Once per run of the worker project: builds dist/machine.txt and starts the scripted model server that the objects call. */
import type { TestProject } from "vitest/node";
import { buildMachine } from "../src/cli/build.ts";
import { startModelServer } from "./support/model-server/server.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Of the scripted model server, for `remoteModelServer` in tests. */
    messagesUrl: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await buildMachine();
  const server = await startModelServer();
  project.provide("messagesUrl", server.url);
  return () => server.close();
}
