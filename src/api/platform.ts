/** What the use cases of `services/` get of a request: the platform behind its bindings, and who calls. */

import { modelCatalog } from "../services/model-catalog.ts";
import type { Caller, Platform } from "../services/platform.ts";
import type { ContentSource } from "../services/send-events.ts";
import type { Body } from "./body/read.ts";
import { type AppContext, nowMicros } from "./context.ts";
import { checkLong } from "./literals.ts";
import { sessionObject } from "./objects.ts";
import { contentPieces } from "./pieces.ts";

export function platformOf(c: AppContext): Platform {
  const { env } = c;
  return {
    db: env.DB,
    blobs: env.BLOBS,
    models: modelCatalog(env),
    session: (id) => sessionObject(env, id),
    removeMachine: (id) => env.SANDBOX.getByName(id).remove(),
    now: nowMicros,
    later: (work) => c.executionCtx.waitUntil(work),
  };
}

export function callerOf(c: AppContext): Caller {
  const { workspace, cred, requestId } = c.var;
  return { workspace, cred, requestId };
}

/** Content whose long strings still lie in the body. */
export function contentSource(body: Body): ContentSource {
  return {
    check: (content, path) => checkLong(content, path, body),
    pieces: (content) => contentPieces(content, body),
  };
}
