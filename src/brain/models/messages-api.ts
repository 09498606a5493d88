/**
 * A model behind the Messages API, by plain `fetch`: the request's bytes leave verbatim and the response's events arrive unrepaired, in one pass from
 * the body's bytes (spec/messages.md §11, reliability.md §5.6). The official client would put several generators, its own clocks and its retries in
 * between.
 */
import { type Model, ModelFailure, type ModelRequest, type RawEvent } from "../model.ts";
import type { OpenProvider } from "../providers.ts";
import { isFields } from "./block.ts";
import { httpFailure, streamFailure } from "./failures.ts";
import { SseDecoder, type SseFrame } from "./sse-decoder.ts";

/**
 * Milliseconds until the response's headers. A body of 32 MB takes most of a minute on a slow line, and a provider may read a prompt of a million
 * tokens before it answers; giving up early would pay for that twice.
 */
export const MODEL_HEADERS_MS = 180_000;
/**
 * Milliseconds without a byte. Anthropic sends a ping every few seconds, but others may let a model think in silence; values and thinking come in
 * bursts (spec/messages.md §11).
 */
export const MODEL_STALL_MS = 180_000;
/** Milliseconds of a whole request: pings alone must not keep a session running for ever. 128,000 tokens take far less. */
export const MODEL_REQUEST_MS = 3_600_000;

export interface Patience {
  headersMs: number;
  stallMs: number;
  requestMs: number;
}

/** Why we ended a request ourselves. */
type Ended = "aborted" | "no headers" | "too long" | "stall";

export class MessagesModel implements Model {
  readonly #provider: OpenProvider;
  readonly #patience: Patience;

  constructor(
    provider: OpenProvider,
    patience: Patience = { headersMs: MODEL_HEADERS_MS, stallMs: MODEL_STALL_MS, requestMs: MODEL_REQUEST_MS },
  ) {
    this.#provider = provider;
    this.#patience = patience;
  }

  /** See `Model.stream`. */
  async *stream(request: ModelRequest): AsyncGenerator<RawEvent> {
    const { headersMs, stallMs, requestMs } = this.#patience;
    const control = new AbortController();
    let ended: Ended | null = null;
    let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
    const end = (why: Ended) => {
      ended ??= why;
      control.abort();
      // A read under way resolves with this, whatever becomes of the connection.
      reader?.cancel().catch(() => undefined);
    };
    const abort = () => end("aborted");
    request.signal.addEventListener("abort", abort, { once: true });
    if (request.signal.aborted) abort();
    const late = setTimeout(() => end("too long"), requestMs);
    let timer = setTimeout(() => end("no headers"), headersMs);
    try {
      const response = await this.#send(request, control.signal);
      // An error answer's body is part of the wait for the headers.
      if (!response.ok) throw await refused(response, this.#provider.key);
      reader = response.body?.getReader();
      const decoder = new SseDecoder();
      for (;;) {
        // Bytes count, not events, so that a ping or a comment is a sign of life; and only while somebody waits for them.
        clearTimeout(timer);
        timer = setTimeout(() => end("stall"), stallMs);
        const piece = await reader?.read();
        clearTimeout(timer);
        if (ended !== null || piece?.value === undefined) break;
        for (const frame of decoder.push(piece.value)) {
          const event = this.#eventOf(frame);
          if (event === null) continue;
          yield event;
          if (event.type === "message_stop") return;
        }
      }
      throw new ModelFailure("cut", "The model provider's answer ended before it was complete.");
    } catch (error) {
      throw this.#failure(error, ended);
    } finally {
      clearTimeout(timer);
      clearTimeout(late);
      request.signal.removeEventListener("abort", abort);
      control.abort();
      reader?.cancel().catch(() => undefined);
    }
  }

  #send({ betas, body, length }: ModelRequest, signal: AbortSignal): Promise<Response> {
    const { row, key } = this.#provider;
    return fetch(`${row.baseUrl}/v1/messages`, {
      method: "POST",
      headers: {
        ...row.headers,
        // As the official clients say it, for streams too.
        accept: "application/json",
        "content-type": "application/json",
        "user-agent": "sinew",
        "anthropic-version": row.version,
        ...(betas.length > 0 ? { "anthropic-beta": betas.join(",") } : {}),
        ...(row.auth === "x-api-key" ? { "x-api-key": key } : { authorization: `Bearer ${key}` }),
      },
      // A redirect would carry the key to a host that nobody configured.
      redirect: "manual",
      signal,
      ...sized(body(), length),
    });
  }

  /** A frame's event as received; null for a frame without one, such as the `[DONE]` of other dialects. */
  #eventOf({ event: name, data }: SseFrame): RawEvent | null {
    if (data === "[DONE]") return null;
    let event: unknown;
    try {
      event = JSON.parse(data);
    } catch {
      throw new ModelFailure("cut", "The model provider's answer holds a frame that is not JSON.");
    }
    if (!isRawEvent(event)) return null;
    if (name === "error" || event.type === "error") throw streamFailure(event, this.#provider.key);
    return event;
  }

  /** The failure for whatever was thrown; texts of unknown errors are not used, since they may quote headers. */
  #failure(error: unknown, ended: Ended | null): ModelFailure {
    const { headersMs, stallMs, requestMs } = this.#patience;
    switch (ended) {
      case "aborted":
        return new ModelFailure("aborted", "The model request was aborted.");
      case "stall":
        return new ModelFailure("stall", `The model provider sent nothing for ${stallMs} ms.`);
      case "no headers":
        return new ModelFailure("timeout", `The model provider did not answer within ${headersMs} ms.`);
      case "too long":
        return new ModelFailure("timeout", `The model request took ${inMinutes(requestMs)}, the most that one may.`);
      case null:
        if (error instanceof ModelFailure) return error;
        return new ModelFailure("network", `The connection to the model provider failed${causeCode(error)}.`);
    }
  }
}

async function refused(response: Response, key: string): Promise<ModelFailure> {
  const { status, headers } = response;
  const body: unknown = await response.json().catch(() => null);
  return httpFailure({ status, body, headers }, key);
}

/** A body whose length is known goes out with `content-length`, not in chunks, where the platform can do that (workerd). */
function sized(
  body: Uint8Array | ReadableStream<Uint8Array>,
  length: number,
): { body: Uint8Array | ReadableStream<Uint8Array>; duplex?: "half" } {
  if (!(body instanceof ReadableStream)) return { body };
  // Node does not take a stream without saying so.
  if (typeof FixedLengthStream === "undefined") return { body, duplex: "half" };
  const fixed = new FixedLengthStream(length);
  // A failing source or a wrong length fails the request that reads the other end.
  body.pipeTo(fixed.writable).catch(() => undefined);
  return { body: fixed.readable };
}

function isRawEvent(value: unknown): value is RawEvent {
  return isFields(value) && typeof value.type === "string";
}

function inMinutes(ms: number): string {
  return `${Number((ms / 60_000).toPrecision(3))} minutes`;
}

/** A system error code such as ECONNREFUSED, which holds nothing of the request. */
function causeCode(error: unknown): string {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if ("code" in at && typeof at.code === "string" && /^[A-Z][A-Z0-9_]{1,40}$/.test(at.code)) return ` (${at.code})`;
  }
  return "";
}
