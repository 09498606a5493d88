/**
 * A model behind the Messages API: the official client's raw path, so that the request's bytes leave verbatim and the response's events arrive
 * unrepaired (spec/messages.md §11, reliability.md §5.6).
 */
import Anthropic, { APIConnectionTimeoutError, APIError } from "@anthropic-ai/sdk";
import { Stream } from "@anthropic-ai/sdk/core/streaming";
import { type Model, ModelFailure, type ModelRequest, type RawEvent } from "../model.ts";
import type { OpenProvider } from "../providers.ts";
import { isFields } from "./block.ts";
import { httpFailure, streamFailure } from "./failures.ts";
import { watched } from "./sse-decoder.ts";

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
type Ended = "aborted" | "timeout" | "stall";

export class MessagesModel implements Model {
  readonly #key: string;
  readonly #patience: Patience;
  readonly #client: Anthropic;

  constructor(
    { row, key }: OpenProvider,
    patience: Patience = { headersMs: MODEL_HEADERS_MS, stallMs: MODEL_STALL_MS, requestMs: MODEL_REQUEST_MS },
  ) {
    this.#key = key;
    this.#patience = patience;
    this.#client = new Anthropic({
      apiKey: key,
      baseURL: row.baseUrl,
      maxRetries: 0,
      timeout: patience.headersMs,
      // The client's log would quote bodies and broken frames.
      logLevel: "off",
      // A redirect would carry the key to a host that nobody configured.
      fetchOptions: { redirect: "manual" },
      defaultHeaders: {
        ...row.headers,
        "anthropic-version": row.version,
        ...(row.auth === "x-api-key" ? { authorization: null, "x-api-key": key } : {}),
      },
    });
  }

  /** See `Model.stream`. */
  async *stream(request: ModelRequest): AsyncGenerator<RawEvent> {
    const control = new AbortController();
    let ended: Ended | null = null;
    const end = (why: Ended) => {
      ended ??= why;
      control.abort();
    };
    const abort = () => end("aborted");
    request.signal.addEventListener("abort", abort, { once: true });
    if (request.signal.aborted) abort();
    const late = setTimeout(() => end("timeout"), this.#patience.requestMs);
    try {
      const response = await this.#send(request, control.signal, end);
      const body = watched(response.body, this.#patience.stallMs, () => end("stall"));
      yield* this.#events(new Response(body), control);
    } catch (error) {
      throw this.#failure(error, ended);
    } finally {
      clearTimeout(late);
      request.signal.removeEventListener("abort", abort);
    }
  }

  /** Waits for the response's headers; an error answer's body is part of the wait. */
  async #send(request: ModelRequest, signal: AbortSignal, end: (why: Ended) => void): Promise<Response> {
    const timer = setTimeout(() => end("timeout"), this.#patience.headersMs);
    try {
      return await this.#client
        .post("/v1/messages", {
          body: sized(request.body(), request.length),
          headers: {
            "content-type": "application/json",
            ...(request.betas.length > 0 ? { "anthropic-beta": request.betas.join(",") } : {}),
          },
          stream: true,
          signal,
        })
        .asResponse();
    } finally {
      clearTimeout(timer);
    }
  }

  /** Every event as received, up to `message_stop`. */
  async *#events(response: Response, control: AbortController): AsyncGenerator<RawEvent> {
    for await (const frame of Stream.rawEvents(response, control)) {
      const event = parse(frame.data);
      if (event === null) continue;
      if (frame.event === "error" || event.type === "error") throw streamFailure(event, this.#key);
      yield event;
      if (event.type === "message_stop") return;
    }
    throw new ModelFailure("cut", "The model provider's answer ended before it was complete.");
  }

  /** The failure for whatever was thrown; texts of unknown errors are not used, since they may quote headers. */
  #failure(error: unknown, ended: Ended | null): ModelFailure {
    const { headersMs, stallMs } = this.#patience;
    if (ended === "aborted") return new ModelFailure("aborted", "The model request was aborted.");
    if (ended === "stall") return new ModelFailure("stall", `The model provider sent nothing for ${stallMs} ms.`);
    if (ended === "timeout" || error instanceof APIConnectionTimeoutError) {
      return new ModelFailure("timeout", `The model provider did not answer within ${headersMs} ms.`);
    }
    if (error instanceof ModelFailure) return error;
    if (error instanceof APIError && error.status !== undefined && error.headers !== undefined) {
      return httpFailure({ status: error.status, body: error.error, headers: error.headers }, this.#key);
    }
    return new ModelFailure("network", `The connection to the model provider failed${causeCode(error)}.`);
  }
}

/** A body whose length is known goes out with `content-length`, not in chunks, where the platform can do that (workerd). */
function sized(body: Uint8Array | ReadableStream<Uint8Array>, length: number): Uint8Array | ReadableStream<Uint8Array> {
  if (!(body instanceof ReadableStream) || typeof FixedLengthStream === "undefined") return body;
  const fixed = new FixedLengthStream(length);
  // A failing source or a wrong length fails the request that reads the other end.
  body.pipeTo(fixed.writable).catch(() => undefined);
  return fixed.readable;
}

/** A frame's event; null for a frame without one, such as the `[DONE]` of other dialects. */
function parse(data: string): RawEvent | null {
  if (data === "" || data === "[DONE]") return null;
  let event: unknown;
  try {
    event = JSON.parse(data);
  } catch {
    throw new ModelFailure("cut", "The model provider's answer holds a frame that is not JSON.");
  }
  return isRawEvent(event) ? event : null;
}

function isRawEvent(value: unknown): value is RawEvent {
  return isFields(value) && typeof value.type === "string";
}

/** A system error code such as ECONNREFUSED, which holds nothing of the request. */
function causeCode(error: unknown): string {
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    if ("code" in at && typeof at.code === "string" && /^[A-Z][A-Z0-9_]{1,40}$/.test(at.code)) return ` (${at.code})`;
  }
  return "";
}
