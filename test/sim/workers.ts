/** Lets Node load the Durable Object classes. Imported before anything of `src/session`. */
import { registerHooks } from "node:module";

const PLATFORM = new URL("../support/platform.ts", import.meta.url).href;

registerHooks({
  resolve: (name, context, next) =>
    name === "cloudflare:workers" ? { url: PLATFORM, shortCircuit: true } : next(name, context),
});
