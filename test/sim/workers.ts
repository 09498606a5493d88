/** Lets Node load the Durable Object classes. Imported before anything of `src/session`. */
import { registerHooks } from "node:module";

const PLATFORM = new URL("../support/platform.ts", import.meta.url).href;
/** Nobody looks at a page here. */
const NO_BYTES = new URL("../support/no-bytes.ts", import.meta.url).href;

registerHooks({
  resolve(name, context, next) {
    if (name === "cloudflare:workers") return { url: PLATFORM, shortCircuit: true };
    return name.endsWith(".bin") ? { url: NO_BYTES, shortCircuit: true } : next(name, context);
  },
});
