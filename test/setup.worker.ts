/** Once per run of the worker project: builds dist/machine.txt and starts the scripted model server that the objects call. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    messagesUrl: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await importIfThere("../src/cli/build.ts", "../src/hands/machines/bundle.ts", (build) => build.buildMachine());
  project.provide("messagesUrl", "http://127.0.0.1:1");
  return async () => {};
}

async function importIfThere(
  path: string,
  needs: string,
  use: (module: Record<string, () => Promise<unknown>>) => Promise<unknown>,
): Promise<void> {
  if (existsSync(resolve(import.meta.dirname, needs))) await use(await import(path));
}
