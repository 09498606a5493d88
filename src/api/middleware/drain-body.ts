/**
 * A refusal that is sent before the request has been read closes the connection under a client that is still sending: it sees a broken connection,
 * tries again, and never learns why. So what is left of a body is read, and forgotten, before the answer goes out.
 */
import type { MiddlewareHandler } from "hono";
import { Incoming } from "../body/incoming.ts";
import type { AppEnv } from "../context.ts";

/** For everything that is answered without a look at the body: no key, no route, no beta. */
export const drainBody: MiddlewareHandler<AppEnv> = async (c, next) => {
  await next();
  const { body, bodyUsed } = c.req.raw;
  if (body === null || bodyUsed) return;
  const incoming = new Incoming(body);
  await incoming.readOut();
  incoming.close();
};
