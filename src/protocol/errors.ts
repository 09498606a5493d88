/**
 * Errors of the wire: one class, one total map from kind to status (spec/core.md §1.4). Thrown at the edge; the one `onError` in
 * `api/app.ts` turns it into the envelope. Objects answer across RPC with an `Outcome`, since error classes do not cross it.
 */
export const ERROR_STATUS = {
  invalid_request_error: 400,
  authentication_error: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  request_too_large: 413,
  rate_limit_error: 429,
  api_error: 500,
  timeout_error: 504,
  overloaded_error: 529,
} as const;
export type ErrorType = keyof typeof ERROR_STATUS;

export interface WireError {
  status: number;
  type: ErrorType;
  /** For the person who reads it: names the offending path and says what to do. */
  message: string;
  /** `error.details.error_code`: with `status` it selects a class in the SDK. */
  code?: string;
  /** `x-should-retry: false`: without it the SDK retries every 409. */
  noRetry?: boolean;
  /** `retry-after`, in whole seconds. */
  retryAfter?: number;
}

/** What an object answers across RPC: expected failure is a value. */
export type Outcome<T> = { ok: true; value: T } | { ok: false; error: WireError };

export class ApiError extends Error {
  readonly wire: WireError;
  constructor(wire: WireError) {
    super(wire.message);
    this.name = "ApiError";
    this.wire = wire;
  }
}

export function invalid(message: string, code?: string): WireError {
  return { status: 400, type: "invalid_request_error", message, ...(code ? { code } : {}) };
}

export function notFound(message: string, code?: string): WireError {
  return { status: 404, type: "not_found_error", message, ...(code ? { code } : {}) };
}

/** A state conflict: 409 with `invalid_request_error`, never retried by the SDK (spec/core.md §12). */
export function conflict(message: string): WireError {
  return { status: 409, type: "invalid_request_error", message, noRetry: true };
}

/** The value of an object's outcome, or its error thrown. */
export function unwrap<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new ApiError(outcome.error);
  return outcome.value;
}

/** A 404 that names what was asked for. The code selects a class of the SDK's; only environments have one (spec/core.md §1.4). */
export function missing(what: string, id: string): ApiError {
  const code = what === "environment" ? "environment_not_found" : undefined;
  return new ApiError(notFound(`${what} ${id.slice(0, 80)} was not found`, code));
}
