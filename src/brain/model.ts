/**
 * The model as the loop sees it: a request's bytes in, raw stream events out (spec/messages.md §11).
 *
 * Contract. `stream` is called after the request's intent is committed. The iterable yields every event as received, unknown types included,
 * and ends after `message_stop`; a body that ends earlier is a failure of kind `cut`. It rejects only with `ModelFailure`. It never
 * retries: the loop owns back-off, so that a wait survives a restart. Aborting the signal ends it with kind `aborted`.
 */
export interface RawEvent {
  type: string;
  [key: string]: unknown;
}

export interface ModelRequest {
  /** The model's id as the agent names it; chooses the provider row. */
  model: string;
  /** `anthropic-beta` values, in a stable order. */
  betas: string[];
  /** The JSON request, sent verbatim. A factory, since a stream can be read once and the bytes may be too long to hold. */
  body: () => Uint8Array | ReadableStream<Uint8Array>;
  /** Length of the body in bytes. */
  length: number;
  signal: AbortSignal;
}

export type FailureKind =
  | "overloaded" // 529, or an SSE error of that type
  | "rate_limited" // 429
  | "server" // 5xx, or an SSE error of type api_error
  | "network" // no connection, or it broke
  | "cut" // the body ended without message_stop
  | "stall" // no byte for MODEL_STALL_MS
  | "timeout" // no response headers for MODEL_HEADERS_MS, or no end within MODEL_REQUEST_MS
  | "billing" // 402, or a spend limit's 429
  | "auth" // 401, 403
  | "not_configured" // no provider row for the model, or it has no key
  | "context" // prompt is too long
  | "prefix" // 400: a thinking block is bound to a different conversation
  | "invalid" // any other 4xx
  | "aborted";

export class ModelFailure extends Error {
  readonly kind: FailureKind;
  /** Milliseconds, from `retry-after`. */
  readonly retryAfterMs: number | null;
  /** Whether the provider answered with an HTTP error, so that nothing was charged. */
  readonly refused: boolean;
  constructor(kind: FailureKind, message: string, more: { retryAfterMs?: number; refused?: boolean } = {}) {
    super(message);
    this.name = "ModelFailure";
    this.kind = kind;
    this.retryAfterMs = more.retryAfterMs ?? null;
    this.refused = more.refused ?? false;
  }
}

export interface Model {
  stream(request: ModelRequest): AsyncIterable<RawEvent>;
}
