/**
 * A refusal that is sent before the request has been read closes the connection under a client that is still sending: it sees a broken
 * connection, tries again, and never learns why. So what is left of a body is read, and forgotten, before the answer goes out.
 */
import type { MiddlewareHandler } from "hono";
import type { AppEnv } from "./context.ts";

/** What is read at most of a body that nobody wants: enough for the largest that Cloudflare lets through by default. */
const MAX_READ_OUT_BYTES = 100 * 1024 * 1024;

export type Reader = ReadableStreamDefaultReader<Uint8Array> | undefined;

/** Reads to the end or to the limit. A client that goes away meanwhile is no failure. */
export async function readOut(reader: Reader): Promise<void> {
  try {
    for (let length = 0; reader && length <= MAX_READ_OUT_BYTES; ) {
      const { done, value } = await reader.read();
      if (done) return;
      length += value.length;
    }
    await reader?.cancel();
  } catch {
    // Nobody is left to read the answer.
  }
}

/** For everything that is answered without a look at the body: no key, no route, no beta. */
export const readWhole: MiddlewareHandler<AppEnv> = async (c, next) => {
  await next();
  const { body, bodyUsed } = c.req.raw;
  if (body !== null && !bodyUsed) await readOut(body.getReader());
};
