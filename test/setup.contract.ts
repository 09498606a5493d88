/** Once per run of the contract project: builds the Worker that every contract test's server runs. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";

export default async function setup(): Promise<void> {
  if (!existsSync(resolve(import.meta.dirname, "../src/hands/machines/bundle.ts"))) return;
  const build = await import("../src/cli/build.ts");
  await build.buildMachine();
}
