/** Plain JSON answers and the error envelope (spec/messages.md §14). */
import type { ServerResponse } from "node:http";
import { mintId } from "./ids.ts";
import type { Refusal } from "./rule.ts";

export const ERROR_TYPES: Readonly<Record<number, string>> = {
  400: "invalid_request_error",
  401: "authentication_error",
  402: "billing_error",
  403: "permission_error",
  404: "not_found_error",
  409: "conflict_error",
  413: "request_too_large",
  429: "rate_limit_error",
  500: "api_error",
  504: "timeout_error",
  529: "overloaded_error",
};

export function statusOf(type: string): number {
  const found = Object.entries(ERROR_TYPES).find(([, name]) => name === type);
  return found ? Number(found[0]) : 500;
}

export function sendJson(
  res: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  res.writeHead(status, { "content-type": "application/json", "request-id": mintId("req"), ...headers });
  res.end(JSON.stringify(body));
}

export function sendError(res: ServerResponse, error: Refusal, headers: Record<string, string> = {}): void {
  const requestId = mintId("req");
  const { status, type, message, code } = error;
  const details = code === undefined ? {} : { details: { error_code: code } };
  const body = { type: "error", error: { type, message, ...details }, request_id: requestId };
  sendJson(res, status, body, { "request-id": requestId, ...headers });
}
