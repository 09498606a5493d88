/**
 * The Worker as it is, on a D1 whose pace a test sets: `POST /d1/<pace>`, and the variable D1_PACE for what it begins with; `POST /d1/forget` makes
 * the Worker one that has heard nothing from D1. Only tests and benches bundle this.
 */
import type { Env } from "../../src/env.ts";
import production from "../../src/index.ts";
import { SessionObject as Production } from "../../src/session/session.ts";
import { type Pace, slowD1 } from "./slow-d1.ts";

export * from "../../src/index.ts";

type SlowEnv = Env & { D1_PACE?: Pace };

/** Worker and sessions share the isolate here, so one variable is enough. Null: as the setting says. */
let pace: Pace | null = null;
const slowed = new WeakMap<D1Database, D1Database>();

function onSlowD1(env: SlowEnv): Env {
  const DB = slowed.get(env.DB) ?? slowD1(env.DB, () => pace ?? env.D1_PACE ?? "normal");
  slowed.set(env.DB, DB);
  return { ...env, DB };
}

export class Session extends Production {
  constructor(ctx: DurableObjectState, env: SlowEnv) {
    super(ctx, onSlowD1(env));
  }
}

export default {
  fetch(request, env, ctx): Response | Promise<Response> {
    const { pathname } = new URL(request.url);
    const asked = /^\/d1\/(normal|delayed|hanging|forget)$/.exec(pathname);
    if (!asked) return production.fetch(request, onSlowD1(env), ctx);
    // What was heard is kept by database: another one is a stranger.
    if (asked[1] === "forget") slowed.delete(env.DB);
    else pace = asked[1] as Pace;
    return new Response(asked[1]);
  },
} satisfies ExportedHandler<SlowEnv>;
