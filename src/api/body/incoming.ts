/** A request's body as it comes in. */
import { ApiError, invalid } from "../../protocol/errors.ts";

/** What is read at most of a body that nobody wants: enough for the largest that Cloudflare lets through by default. */
const MAX_READ_OUT_BYTES = 100 * 1024 * 1024;
/**
 * Milliseconds from the first look at a body until it must be there: 32 MB at 1.5 Mbit/s. Nobody holds a request open for longer by sending slowly.
 * The wire has the code (spec/core.md §1.4), its value is not published. @inferred
 */
export const BODY_TIMEOUT_MS = 180_000;

/** One request's body, in pieces, with an end to patience. `close` it: a timer runs. */
export class Incoming {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  readonly #timer: ReturnType<typeof setTimeout>;
  #late = false;
  #ended = false;

  constructor(body: ReadableStream<Uint8Array> | null) {
    this.#reader = body?.getReader();
    // A read that waits ends with the stream.
    this.#timer = setTimeout(() => {
      this.#late = true;
      this.#reader?.cancel().catch(() => undefined);
    }, BODY_TIMEOUT_MS);
  }

  /** The next piece, null at the end. Throws a 400 when the body breaks off, and a 400 `request_body_timeout` when time is up. */
  async next(): Promise<Uint8Array | null> {
    const piece = this.#ended ? undefined : await this.#reader?.read().catch((): never => this.#broken());
    if (this.#late) throw tooSlow();
    if (piece?.done !== false) this.#ended = true;
    return piece?.value ?? null;
  }

  /** A read that fails: because it was given up here, or because the connection closed, or its chunks are none. */
  #broken(): never {
    throw this.#late ? tooSlow() : brokeOff();
  }

  async *pieces({ bytes, beyond }: { bytes: number; beyond(): ApiError }): AsyncGenerator<Uint8Array> {
    let length = 0;
    for (let piece = await this.next(); piece; piece = await this.next()) {
      length += piece.length;
      if (length > bytes) throw beyond();
      yield piece;
    }
  }

  /** Reads to the end, to the limit or until time is up. A client that goes away meanwhile is no failure. */
  async readOut(): Promise<void> {
    try {
      for (let length = 0; length <= MAX_READ_OUT_BYTES; ) {
        const piece = await this.next();
        if (piece === null) return;
        length += piece.length;
      }
      await this.#reader?.cancel();
    } catch {
      // Nobody is left to read the answer, or it may come late.
    }
  }

  close(): void {
    clearTimeout(this.#timer);
  }
}

/**
 * Takes a body in: `collect` gets its pieces, at most as many bytes as the limit says. When it throws, the rest is read too, and forgotten, so
 * that the client lives to see the answer.
 */
export async function takeIn<T>(
  body: ReadableStream<Uint8Array> | null,
  limit: { bytes: number; beyond(): ApiError },
  collect: (pieces: AsyncIterable<Uint8Array>) => Promise<T>,
): Promise<T> {
  const incoming = new Incoming(body);
  try {
    return await collect(incoming.pieces(limit));
  } catch (error) {
    await incoming.readOut();
    throw error;
  } finally {
    incoming.close();
  }
}

/** What a read of a whole body gives, under the same limits as one in pieces. */
export async function arrived<T>(read: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(tooSlow()), BODY_TIMEOUT_MS);
  const broken = read.catch((): never => {
    throw brokeOff();
  });
  return Promise.race([broken, late]).finally(() => clearTimeout(timer));
}

/** Who still listens is told; it is no failure of this side. */
function brokeOff(): ApiError {
  return new ApiError(invalid("body: broke off before its end, nothing was done; send the whole of it again"));
}

function tooSlow(): ApiError {
  const seconds = BODY_TIMEOUT_MS / 1000;
  const message = `body: did not finish arriving within ${seconds} seconds, nothing was done; send a smaller body, or over a faster connection`;
  return new ApiError(invalid(message, "request_body_timeout"));
}
