/** What the use cases of `services/` get of a request: the platform behind its bindings, and who calls. */
import type { Env } from "../env.ts";
import { ApiError, invalid } from "../protocol/errors.ts";
import { modelCatalog } from "../services/model-catalog.ts";
import type { Caller, Platform } from "../services/platform.ts";
import type { Sender, SessionRpc } from "../session/rpc.ts";
import { type AppContext, nowMicros } from "./context.ts";

/** Characters of an `Idempotency-Key`. */
const MAX_KEY_CHARS = 255;

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

/** Who sends, and whether this is a repeat (reliability.md C2, §5.9). `digest` is that of the request's body. */
export function senderOf(c: AppContext, digest: string): Sender {
  const key = c.req.header("idempotency-key") ?? null;
  if (key !== null && !/^[!-~]+$/.test(key))
    throw new ApiError(invalid("idempotency-key: must be visible ASCII without spaces"));
  if (key !== null && key.length > MAX_KEY_CHARS)
    throw new ApiError(invalid(`idempotency-key: must have at most ${MAX_KEY_CHARS} characters`));
  const retry = c.req.header("x-stainless-retry-count") ?? "0";
  return { cred: c.var.cred, key, digest, retry: /^\d{1,4}$/.test(retry) ? Number(retry) : 0 };
}

/** The Session object behind an id that `parseId` has let through. The stub's own type maps every result through the RPC layer's wrappers. */
export function sessionObject(env: Pick<Env, "SESSION">, id: string): SessionRpc {
  return env.SESSION.getByName(id) as unknown as SessionRpc;
}
