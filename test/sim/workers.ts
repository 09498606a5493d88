/** Lets Node load the Durable Object classes: the platform's base class is two fields. Imported before anything of `src/session`. */
import { registerHooks } from "node:module";

const BASE = "export class DurableObject { constructor(ctx, env) { this.ctx = ctx; this.env = env; } }";

registerHooks({
  resolve: (name, context, next) =>
    name === "cloudflare:workers"
      ? { url: `data:text/javascript,${encodeURIComponent(BASE)}`, shortCircuit: true }
      : next(name, context),
});
