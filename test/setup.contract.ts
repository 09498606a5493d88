/** Once per run, for the projects that talk to the real Worker: builds the one that every contract test's server runs. */
import { prepareServer } from "./support/server.ts";

declare global {
  var prepared: Promise<void> | undefined;
}

export default function setup(): Promise<void> {
  // Each project has this module for itself, in one process.
  globalThis.prepared ??= prepareServer();
  return globalThis.prepared;
}
