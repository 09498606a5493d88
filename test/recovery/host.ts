/** The Worker as it is, but for a Session that can be made to die at a write; only tests bundle this. */

import type { Env } from "../../src/env.ts";
import production from "../../src/index.ts";
import { portsOf } from "../../src/session/ports.ts";
import type { Draft, Sender, SessionInit } from "../../src/session/rpc.ts";
import { SessionObject as Production } from "../../src/session/session.ts";
import { lifeOf, type When, watch, watchEffects } from "./faults.ts";

export * from "../../src/index.ts";

export class Session extends Production {
  constructor(ctx: DurableObjectState, env: Env) {
    super(watch(ctx), env, (parts) => watchEffects(ctx, portsOf(parts)));
  }

  /** Where it dies is said by the session's metadata: `fault: "3 after"`. */
  override create(init: SessionInit, events: Draft[], sender: Sender): ReturnType<Production["create"]> {
    const [at, when] = (init.metadata.fault ?? "").split(" ");
    if (when) lifeOf(init.id).fault = { at: Number(at), when: when as When };
    return super.create(init, events, sender);
  }
}

export default {
  fetch(request, env, ctx): Response | Promise<Response> {
    const life = /^\/life\/(\w+)$/.exec(new URL(request.url).pathname);
    return life ? Response.json(lifeOf(life[1] as string)) : production.fetch(request, env, ctx);
  },
} satisfies ExportedHandler<Env>;
