/** What a route must refuse before its handler, worked out from the route's own value, and what of it an app does not refuse. */
import { z } from "zod";
import { createApp } from "../../src/api/app.ts";
import { parametersOf, type Route } from "../../src/api/route.ts";
import type { Env } from "../../src/env.ts";
import { ID_KINDS, newId } from "../../src/protocol/ids.ts";
import { CONTEXT, HEADERS } from "./harness.ts";

const OPERATOR_KEY = "sk-operator";
const OPERATOR_KEYS = `night:${OPERATOR_KEY}`;

interface Sent {
  query?: string;
  /** In place of the path's ids, by the parameter's name. */
  ids?: Record<string, string>;
  headers?: Record<string, string | null>;
  body?: string;
}

interface Refusal extends Sent {
  what: string;
  status: number;
  message: RegExp | string;
}

/** Every refusal that the route's value promises. */
export function refusalsOf(route: Route): Refusal[] {
  return [...gateRefusals(route), ...queryRefusals(route), ...idRefusals(route), ...bodyRefusals(route)];
}

/** What of `refusals` the route answers otherwise, one line each. */
export async function unrefused(env: Env, route: Route, refusals: Refusal[]): Promise<string[]> {
  const app = createApp([route]);
  const found: string[] = [];
  for (const { what, status, message, ...sent } of refusals) {
    const response = await app.request(...request(route, sent), { ...env, OPERATOR_KEYS }, CONTEXT);
    const error = ((await response.json().catch(() => ({}))) as { error?: { message: string } }).error?.message ?? "";
    const fits = typeof message === "string" ? error === message : message.test(error);
    if (response.status !== status || !fits) found.push(`${what}: ${response.status} ${error}`);
  }
  return found;
}

function request(route: Route, { query, ids, headers, body }: Sent): [string, RequestInit] {
  const path = route.path.replace(/\{(\w+)\}/g, (_, name: string) => ids?.[name] ?? sample(name));
  const own = route.group.gate === "operator" ? { "x-api-key": OPERATOR_KEY } : {};
  const upgrade = { upgrade: route.answer === "socket" ? "websocket" : null };
  const all: Record<string, string | null> = {
    ...HEADERS,
    ...upgrade,
    "content-type": "application/json",
    ...own,
    ...headers,
  };
  const sent = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== null);
  const init = {
    method: route.method,
    headers: sent,
    ...(route.method === "GET" ? {} : { body: body ?? bodyOf(route) }),
  };
  return [`${path}${query ? `?${query}` : ""}`, init];
}

/** A parameter that passes. */
function sample(name: string): string {
  const kind = ID_KINDS.find(({ word }) => name === `${word}_id`);
  return kind ? newId(kind.prefix) : name === "path" ? "workspace/a.txt" : "claude-opus-5-5";
}

function bodyOf({ example }: Route): string {
  return JSON.stringify(example ?? {});
}

function gateRefusals({ group: { gate }, ticket }: Route): Refusal[] {
  if (gate === "open") return [];
  const key = (value: string | null) => ({ headers: { "x-api-key": value } });
  const refusals: Refusal[] = [
    { what: "no key", ...key(null), status: 401, message: /^no credential/ },
    { what: "a wrong key", ...key("sk-wrong"), status: 401, message: /is not valid$/ },
    gate === "operator"
      ? { what: "an API key", ...key(HEADERS["x-api-key"]), status: 403, message: /^an API key may not operate/ }
      : { what: "an operator's key", ...key(OPERATOR_KEY), status: 403, message: /^an operator's key opens/ },
  ];
  const without = (name: string) => ({ headers: { [name]: null } });
  if (gate === "version" || gate === "beta")
    refusals.push({
      what: "no version",
      ...without("anthropic-version"),
      status: 400,
      message: /^anthropic-version: /,
    });
  if (gate === "beta")
    refusals.push({
      what: "no beta",
      ...without("anthropic-beta"),
      status: 404,
      message: /needs the header anthropic-beta/,
    });
  if (ticket)
    refusals.push({
      what: "no ticket",
      ...key(null),
      query: "ticket=x",
      status: 401,
      message: /^the ticket is unknown/,
    });
  return refusals;
}

interface Told {
  type?: string;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  enum?: string[];
  format?: string;
  items?: Told;
}

/** What no parameter of this schema may be. */
function wrongValues({ type, minimum = 0, maximum, minLength, enum: values, format, items }: Told): string[] {
  if (items) return wrongValues(items);
  if (type === "integer")
    return ["x", "1;DROP", "1.5", String(minimum - 1), ...(maximum === undefined ? [] : [String(maximum + 1)])];
  if (type === "boolean") return ["1", "yes"];
  if (values) return ["nothing"];
  if (format === "date-time") return ["today", "2026-13-01T00:00:00Z", "' OR 1=1"];
  return minLength ? [""] : [];
}

function queryRefusals({ query, answer }: Route): Refusal[] {
  const message = "bogus: unknown key; remove it";
  const unknown = { what: "an unknown parameter", query: "bogus=1", status: 400, message };
  if (!query) return [unknown];
  const { properties = {} } = z.toJSONSchema(query.schema, { io: "input", unrepresentable: "any" });
  const wrong = Object.entries(properties).flatMap(([name, told]) => {
    const twice = `${name}=1&${name}=1`;
    const listed = name.endsWith("[]") || answer === "events" || answer === "socket";
    return [
      ...wrongValues(told as Told).map((value) => `${name}=${encodeURIComponent(value)}`),
      ...(listed ? [] : [twice]),
    ];
  });
  const named = (text: string) => {
    const [name = ""] = text.split(/=|\[\]/);
    return new RegExp(`^${name.replace(/[[\]]/g, "\\$&")}`);
  };
  return [unknown, ...wrong.map((text) => ({ what: `?${text}`, query: text, status: 400, message: named(text) }))];
}

function idRefusals({ path, answer }: Route): Refusal[] {
  if (answer === "later") return [];
  return parametersOf(path).flatMap((name) => {
    const kind = ID_KINDS.find(({ word }) => name === `${word}_id`);
    if (!kind) return [];
    const id = newId(kind.prefix);
    const other = newId(kind.prefix === "agent" ? "env" : "agent");
    const mistyped = id.slice(0, -1) + (id.endsWith("1") ? "2" : "1");
    const malformed = [
      `${id}x`,
      id.replace(/.$/, "0"),
      `${kind.prefix}_`,
      "%00",
      `${id}%00`,
      "' OR 1=1 --",
      "..%2Fagents",
    ];
    return [other, mistyped, ...malformed].map((text) => ({
      what: `${name} ${text}`,
      ids: { [name]: text },
      status: 404,
      message: new RegExp(`^${kind.word} [^]* was not found$`),
    }));
  });
}

function bodyRefusals({ body, bodyName, example }: Route): Refusal[] {
  if (typeof body !== "object") return [];
  const form = { headers: { "content-type": "application/x-www-form-urlencoded" } };
  const unknown = JSON.stringify({ ...(example as object), bogus: 1 });
  const message = `${bodyName ? `${bodyName}.` : ""}bogus: unknown key; remove it`;
  return [
    { what: "no body", body: "", status: 400, message: /^body: empty/ },
    { what: "half a body", body: '{"', status: 400, message: /^body: not/ },
    { what: "a list", body: "[]", status: 400, message: /must be an object/ },
    { what: "a form", ...form, status: 400, message: /^content-type: / },
    { what: "an unknown field", body: unknown, status: 400, message },
  ];
}
