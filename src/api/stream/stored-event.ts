/** An event too long for a socket frame, read from the session as a stream. */
import { ApiError, type Outcome } from "../../protocol/errors.ts";

const FIRST_WAIT_MS = 50;
const MAX_WAIT_MS = 2_000;
const CHUNK_BYTES = 64 * 1024;

/**
 * The event's JSON as chunks. A stream that breaks is taken up where it was, since stored bytes do not change; `patience` is for how many
 * milliseconds without a byte that is tried. Throws the session's ApiError at once, and whatever broke last when patience or `over` ends it.
 */
export async function* storedEvent(
  open: () => Promise<Outcome<ReadableStream<Uint8Array>>>,
  patience: number,
  over: () => boolean,
): AsyncGenerator<Uint8Array> {
  let given = 0;
  let wait = FIRST_WAIT_MS;
  for (let until = Date.now() + patience; ; ) {
    try {
      const outcome = await open();
      if (!outcome.ok) throw new ApiError(outcome.error);
      for await (const chunk of chunksFrom(outcome.value, given)) {
        given += chunk.length;
        yield chunk;
        until = Date.now() + patience;
        wait = FIRST_WAIT_MS;
      }
      return;
    } catch (error) {
      if (error instanceof ApiError || over() || Date.now() >= until) throw error;
      await pause(wait);
      wait = Math.min(2 * wait, MAX_WAIT_MS);
    }
  }
}

/** The stream's bytes from an offset on. Read into buffers of our own: the default reader gives 4 KiB at a time. */
async function* chunksFrom(stream: ReadableStream<Uint8Array>, offset: number): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader({ mode: "byob" });
  try {
    for (let skip = offset; ; ) {
      const { done, value } = await reader.read(new Uint8Array(CHUNK_BYTES));
      if (done) return;
      const rest = value.subarray(Math.min(skip, value.length));
      skip -= value.length - rest.length;
      if (rest.length > 0) yield rest;
    }
  } finally {
    // Tells the object to stop when the reader left first; after the end, or an error, there is nothing to cancel.
    reader.cancel().catch(() => {});
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
