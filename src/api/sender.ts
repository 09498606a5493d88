/** Who sends, and whether this is a repeat (reliability.md C2, §5.9). */
import { ApiError, invalid } from "../protocol/errors.ts";
import type { Sender } from "../session/rpc.ts";
import type { AppContext } from "./context.ts";

/** Characters of an `Idempotency-Key`. */
const MAX_KEY = 255;

/** `digest` is that of the request's body. */
export function senderOf(c: AppContext, digest: string): Sender {
  const key = c.req.header("idempotency-key") ?? null;
  if (key !== null && !/^[!-~]+$/.test(key))
    throw new ApiError(invalid("idempotency-key: must be visible ASCII without spaces"));
  if (key !== null && key.length > MAX_KEY)
    throw new ApiError(invalid(`idempotency-key: must have at most ${MAX_KEY} characters`));
  const retry = c.req.header("x-stainless-retry-count") ?? "0";
  return { cred: c.var.cred, key, digest, retry: /^\d{1,4}$/.test(retry) ? Number(retry) : 0 };
}
