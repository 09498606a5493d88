/** The Session object behind an id. Only ids that have passed `known` come here. */
import type { Env } from "../env.ts";
import type { SessionRpc } from "../session/rpc.ts";
import type { AppContext } from "./context.ts";

/** The stub's own type maps every result through the RPC layer's wrappers; seen from here it is `SessionRpc`. */
export function sessionObject(env: Pick<Env, "SESSION">, id: string): SessionRpc {
  return env.SESSION.getByName(id) as unknown as SessionRpc;
}

/** Bytes of JSON that an object made, passed through as they come. */
export function jsonStream(c: AppContext, body: ReadableStream<Uint8Array>): Response {
  return c.body(body, 200, { "content-type": "application/json" });
}
