/** The Worker as it is, but for a Sandbox whose machine can be killed by a request; only tests bundle this. */
import type { Env } from "../../src/env.ts";
import { Sandbox as Production } from "../../src/hands/sandbox/sandbox.ts";
import production from "../../src/index.ts";

export * from "../../src/index.ts";

/** Tells its own end from other errors. */
const MARK = "sinew-kill-test-hand";
/** As src/hands/sandbox/sandbox.ts names it. */
const FACET = "machine";
const PATH = /^\/kill-hand\/(\w+)$/;

export class Sandbox extends Production {
  /** The machine dies with what runs in it, and with it the object that drives it. */
  die(): void {
    this.ctx.facets.abort(FACET, new Error(MARK));
    this.ctx.abort(MARK);
  }
}

export default {
  async fetch(request, env, ctx): Promise<Response> {
    const id = PATH.exec(new URL(request.url).pathname)?.[1];
    if (id === undefined) return production.fetch(request, env, ctx);
    const hand = env.SANDBOX.getByName(id) as unknown as { die(): Promise<void> };
    // What is killed does not answer.
    const died = await hand.die().then(
      () => false,
      (error: unknown) => String(error).includes(MARK),
    );
    return new Response(null, { status: died ? 204 : 500 });
  },
} satisfies ExportedHandler<Env>;
