/**
 * Provider errors as the loop's failures (spec/messages.md §14). Kinds follow status, `error.type` and `error_code`; prose decides only in the two
 * cases for which the provider has no code. Messages are ours, with the provider's own text cut and cleaned of the key.
 */
import { type FailureKind, ModelFailure } from "../model.ts";
import { type Fields, isFields, stringOf } from "./block.ts";

/** Characters of the provider's text that are kept. */
const MAX_QUOTED = 500;

/** A 429 that no waiting soon will end (spec/messages.md §14), and what else is settled on the bill. */
const BILLING_CODES = [
  "contract_spend_limit_reached",
  "enforced_spend_limit_reached",
  "linked_organization_billing_unavailable",
  "linked_organization_spend_limit_reached",
  "organization_on_hold",
];

/** Kinds by the `error.type` of an SSE `error` event, which has no status. */
const STREAM_KINDS: Readonly<Record<string, FailureKind>> = {
  overloaded_error: "overloaded",
  rate_limit_error: "rate_limited",
  api_error: "server",
  timeout_error: "server",
  billing_error: "billing",
  authentication_error: "auth",
  permission_error: "auth",
};

const ADVICE: Partial<Record<FailureKind, string>> = {
  overloaded: "The model provider is overloaded",
  rate_limited: "The model provider limits the rate of requests",
  server: "The model provider failed",
  billing: "The model provider refuses for a billing reason",
  auth: "The model provider does not accept the key",
  context: "The conversation is too long for the model",
  prefix: "The model refuses thinking from a conversation that has changed",
  invalid: "The model provider refuses the request",
};

/** An HTTP error answer. `body` is what it held, parsed or not. */
export interface HttpError {
  status: number;
  body: unknown;
  headers: Headers;
}

/** The failure for an HTTP error: nothing was charged. */
export function httpFailure({ status, body, headers }: HttpError, secret: string): ModelFailure {
  const error = errorOf(body);
  const kind = httpKind(status, error);
  const retryAfterMs = retryAfter(headers);
  return new ModelFailure(kind, sentence(kind, `${status}`, error, secret), {
    refused: true,
    ...(retryAfterMs === null ? {} : { retryAfterMs }),
  });
}

/** The failure for an SSE `error` event after a 200. */
export function streamFailure(data: unknown, secret: string): ModelFailure {
  const error = errorOf(data);
  const kind = STREAM_KINDS[stringOf(error.type)] ?? refinedInvalid(error);
  return new ModelFailure(kind, sentence(kind, "in the stream", error, secret));
}

function httpKind(status: number, error: Fields): FailureKind {
  const code = isFields(error.details) ? stringOf(error.details.error_code) : "";
  if (status === 402 || BILLING_CODES.includes(code)) return "billing";
  if (status === 529 || error.type === "overloaded_error") return "overloaded";
  if (status === 429) return "rate_limited";
  // A timeout or a lock on their side: as temporary as a 5xx; the official client retries both.
  if (status >= 500 || status === 408 || status === 409) return "server";
  if (status === 401 || status === 403) return "auth";
  if (status === 413) return "context";
  return status === 400 ? refinedInvalid(error) : "invalid";
}

/** A 400 without a code: told apart by its text, for want of anything else (spec/messages.md §5, §10). */
function refinedInvalid(error: Fields): FailureKind {
  const message = stringOf(error.message);
  if (/^prompt is too long/i.test(message)) return "context";
  return /invalid `?signature`? in `?thinking`? block/i.test(message) ? "prefix" : "invalid";
}

/** Milliseconds from `retry-after-ms` or `retry-after` (seconds or a date); null when absent, unreadable or past. */
function retryAfter(headers: Headers): number | null {
  const ms = Number.parseFloat(headers.get("retry-after-ms") ?? "");
  const after = headers.get("retry-after") ?? "";
  const seconds = Number.parseFloat(after);
  const wait = !Number.isNaN(ms) ? ms : !Number.isNaN(seconds) ? seconds * 1000 : Date.parse(after) - Date.now();
  return wait > 0 ? Math.round(wait) : null;
}

function sentence(kind: FailureKind, where: string, error: Fields, secret: string): string {
  const text = scrub(stringOf(error.message), secret).slice(0, MAX_QUOTED);
  const type = stringOf(error.type)
    .replace(/[^a-z_]/g, "")
    .slice(0, 64);
  const label = [where, type].filter((part) => part !== "").join(" ");
  return `${ADVICE[kind] ?? "The model request failed"} (${label})${text ? `: ${text}` : "."}`;
}

/** Cleans the key out of a text, and whatever else looks like one: providers quote keys, sometimes in part. */
function scrub(text: string, secret: string): string {
  const known = [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)].filter((one) => one !== "");
  const cleaned = known.reduce((rest, one) => rest.replaceAll(one, "[key]"), text);
  return cleaned.replace(/\b(sk|key|pk)-[\w*.-]{6,}/g, "[key]").replace(/\bBearer\s+\S+/gi, "Bearer [key]");
}

function errorOf(body: unknown): Fields {
  return isFields(body) && isFields(body.error) ? body.error : {};
}
