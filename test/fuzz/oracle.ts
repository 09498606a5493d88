/**
 * What must hold for every answer, whatever was sent (spec/core.md §1.2, §1.4). Imports nothing of what it checks. Says in words what is
 * wrong; nothing when nothing is.
 */

import { withinTypes } from "../conformance/sdk/beyond.ts";
import { isStream, kindOf } from "../conformance/sdk/kinds.ts";
import { validateBody } from "../conformance/validator/validator.ts";
import type { RawRequest, Reply, Silence } from "./http.ts";

/** Error types that a status may come with (spec/core.md §1.4; 409 is `invalid_request_error` on these routes). */
const TYPES: Record<number, readonly string[]> = {
  400: ["invalid_request_error"],
  401: ["authentication_error"],
  402: ["billing_error"],
  403: ["permission_error"],
  404: ["not_found_error"],
  405: ["invalid_request_error"],
  409: ["invalid_request_error", "conflict_error"],
  412: ["invalid_request_error"],
  413: ["request_too_large"],
  415: ["invalid_request_error"],
  426: ["invalid_request_error"],
  429: ["rate_limit_error"],
};
const REQUEST_ID = /^req_01[1-9A-HJ-NP-Za-km-z]{22}$/;
/** Characters of a message: it may quote what was sent, not repeat it. */
export const MAX_MESSAGE = 2_000;
/** What only the inside of the server says. */
const INSIDE =
  /(^|\s)at [\w.<>]+ \(|\.ts\b|\.js:\d|node_modules|SQLITE|D1_ERROR|internal|TypeError|RangeError|SyntaxError|ZodError|\[object |undefined|\bNaN\b|Cannot read|is not a function/i;
/** A path of the request before a colon, or a word of advice. */
const HELPFUL =
  /^[^\s:][^:]{0,400}: \S|\b(send|use|create|must|remove|leave|rename|read|try|choose|needs?|was not found|there is no|has no|does not have|not supported|at most|not valid)\b/;

/** Statuses and text with which workerd itself answers what is no HTTP. No Worker runs then. */
const PLATFORM = [400, 413, 414, 431, 501];

export interface Judged {
  request: RawRequest;
  reply: Reply | Silence;
  /** Never to be seen in an answer. */
  secrets: readonly string[];
}

export function judge({ request, reply, secrets }: Judged): string[] {
  const whole = isHttp(request);
  if (typeof reply === "string") return whole || reply === "silent" ? [`no answer: ${reply}`] : [];
  const problems = judgeText(reply.body.toString("utf8"), secrets);
  const { status, headers } = reply;
  const own = headers.has("request-id");
  if (!own && !whole && PLATFORM.includes(status)) return problems;
  if (status >= 500 || status < 101) problems.push(`status ${status}`);
  if (status === 101) return problems;
  if (!REQUEST_ID.test(headers.get("request-id") ?? "")) problems.push(`request-id is "${headers.get("request-id")}"`);
  const path = request.target.split(/[?#]/)[0] as string;
  const type = headers.get("content-type") ?? "";
  if (status >= 400) {
    if (!type.startsWith("application/json")) problems.push(`an error's content-type is "${type}"`);
    if (request.method !== "HEAD") problems.push(...judgeError(reply, request));
  } else if (status === 200 && isStream(path)) {
    if (!type.startsWith("text/event-stream")) problems.push(`a stream's content-type is "${type}"`);
    if (request.method !== "HEAD" && !reply.body.toString("utf8").startsWith(": connected\n\n"))
      problems.push("the stream does not begin with its comment");
  } else if (request.method !== "HEAD" && type.startsWith("application/json"))
    problems.push(...judgeBody(request.method, path, reply));
  return problems;
}

/** What holds for any text that the server says. */
export function judgeText(text: string, secrets: readonly string[]): string[] {
  return secrets.filter((secret) => text.includes(secret)).map(() => "a secret is in the answer");
}

/** `error` of an envelope or a frame; what the client sent itself it may see again. */
export function judgeMessage(message: string, sent: string): string[] {
  const problems: string[] = [];
  const inside = INSIDE.exec(message)?.[0];
  if (inside !== undefined && !sent.includes(inside.trim()))
    problems.push(`the message tells of the inside: ${message}`);
  if (!HELPFUL.test(message)) problems.push(`the message names no path and gives no advice: ${message}`);
  if (message.length > MAX_MESSAGE) problems.push(`the message has ${message.length} characters`);
  if (!message.isWellFormed()) problems.push("the message has half a surrogate pair");
  return problems;
}

function judgeError({ status, headers, body }: Reply, request: RawRequest): string[] {
  const value = parsed(body);
  if (value === undefined) return [`an error that is no JSON: ${body.toString("utf8", 0, 200)}`];
  const violations = validateBody("error", value).map(({ path, message }) => `envelope ${path}: ${message}`);
  if (violations.length > 0) return violations;
  const { error, request_id } = value as { error: { type: string; message: string }; request_id: string };
  const problems: string[] = [];
  if (request_id !== headers.get("request-id")) problems.push("request_id differs from the header");
  if (status < 500 && !TYPES[status]?.includes(error.type)) problems.push(`${status} with ${error.type}`);
  const sent = `${request.target} ${decoded(request.target)} ${request.headers.join(" ")} ${request.body ? Buffer.from(request.body).toString("utf8") : ""}`;
  return [...problems, ...judgeMessage(error.message, sent)];
}

function judgeBody(method: string, path: string, { status, body }: Reply): string[] {
  const value = parsed(body);
  if (value === undefined) return [`not JSON: ${body.toString("utf8", 0, 200)}`];
  const kind = kindOf(method, path, status);
  // Sinew's own routes have no type in the SDK.
  if (kind === null) return [];
  const typed = withinTypes(kind, value);
  return [
    ...typed.problems,
    ...validateBody(kind, typed.value).map((one) => `[${one.rule}] ${one.path}: ${one.message}`),
  ];
}

/** Whether workerd takes this as HTTP and hands it to the Worker. */
export function isHttp({ target, headers, framing, body }: RawRequest): boolean {
  const breaks = framing !== "length" && framing !== "chunked" && body !== null;
  const size = headers.reduce((sum, [name, value]) => sum + name.length + value.length, target.length);
  const plain = /^\/[\x21-\x7e]*$/.test(target) && !/[<>^`{|}"\\]/.test(target);
  const MAX_HEAD = 60_000;
  return (
    !breaks &&
    plain &&
    size < MAX_HEAD &&
    headers.every(([, value]) => !/\p{Cc}/u.test(value.replaceAll("\t", " ").replaceAll(/[\u0080-\u009f]/g, " ")))
  );
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8")) as unknown;
  } catch {
    return undefined;
  }
}

function decoded(target: string): string {
  return unescape(target);
}
