/**
 * `GET /openapi.json`: the API's definition, OpenAPI 3.1. It is public, as README is: it tells what the API is, nothing of what is stored. Made on
 * the first request of an isolate, so that no other request pays for it.
 */
import type { z } from "zod";
import { ErrorEnvelope } from "../protocol/envelope.ts";
import { ERROR_STATUS } from "../protocol/errors.ts";
import { StreamFrame } from "../protocol/events.ts";
import type { AppContext } from "./context.ts";
import { components, type Schema } from "./json-schema.ts";
import { type RouteLine, TAGS } from "./openapi-line.ts";
import { HEADERS, parametersOf } from "./openapi-parameters.ts";
import { ROUTES } from "./openapi-routes.ts";

const DESCRIPTION = `Sinew runs AI agents behind the API that Anthropic's SDKs speak (Managed Agents). \`/v1\` is that API; \`/x\` is what
Sinew adds. Every request but those under "Service" carries a key, as \`x-api-key\` or as \`Authorization: Bearer\`. Fields that a client does not know
may appear in answers; unknown fields in requests are refused.`;

/** Said of a status where its error type does not say it. */
const REFUSALS: Record<number, string> = {
  400: "The request is not valid; the message begins with the offending path.",
  401: "No credential, or not a valid one.",
  403: "The credential may not do this.",
  404: "It does not exist, or is another workspace's; or the beta header is missing.",
  409: "It is in a state that does not allow this.",
  413: "The body is too large.",
  426: "The request must open a WebSocket.",
  429: "Too many requests; `retry-after` says when to come back.",
  500: "An error of the server; the request id names it in the log.",
  529: "Overloaded; try again later.",
};

let text: string | null = null;

export function openapi(c: AppContext): Response {
  text ??= JSON.stringify(definition());
  return c.body(text, 200, { "content-type": "application/json", "cache-control": "no-cache" });
}

export function definition(): Schema {
  const wanted = ROUTES.flatMap(({ body, answer, query }) => [body, answer, query]).filter(isSchema);
  const { refer, schemas } = components([...wanted, ErrorEnvelope, StreamFrame]);
  const paths: Record<string, Schema> = {};
  for (const line of ROUTES) {
    const [method = "", path = ""] = line.route.split(" ");
    paths[path] = { ...paths[path], [method.toLowerCase()]: operation(line, refer) };
  }
  return {
    openapi: "3.1.1",
    info: { title: "Sinew", version: "0.1.0", description: DESCRIPTION, license: { name: "MIT", identifier: "MIT" } },
    servers: [{ url: "/" }],
    security: [{ key: [] }, { bearer: [] }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      schemas,
      headers: HEADERS,
      responses: Object.fromEntries(
        Object.keys(REFUSALS).map((status) => [`E${status}`, refusal(Number(status), refer)]),
      ),
      securitySchemes: {
        key: { type: "apiKey", in: "header", name: "x-api-key", description: "Counts if both come." },
        bearer: { type: "http", scheme: "bearer", description: "The same key; official SDKs send it so." },
        operator: { type: "apiKey", in: "header", name: "x-api-key", description: "A key of OPERATOR_KEYS." },
        ticket: { type: "apiKey", in: "query", name: "ticket", description: "Of `POST /x/tickets`; once." },
      },
    },
  };
}

type Refer = (schema: z.ZodType) => Schema;

function operation(line: RouteLine, refer: Refer): Schema {
  const { id, tag, summary, description, answer, body, example } = line;
  const open = tag === "Service";
  return {
    operationId: id,
    tags: [tag],
    summary: answer === "later" ? `${summary} (not there yet)` : summary,
    ...(description ? { description } : {}),
    ...(open ? { security: [] } : {}),
    ...(tag === "Operator" ? { security: [{ operator: [] }] } : {}),
    ...(line.ticket ? { security: [{ key: [] }, { bearer: [] }, { ticket: [] }] } : {}),
    parameters: parametersOf(line, refer),
    ...(body ? { requestBody: { required: true, content: contentOf(body, refer, example) } } : {}),
    responses: { ...success(line, refer), ...(open ? {} : refusals(line)) },
  };
}

function success({ answer }: RouteLine, refer: Refer): Schema {
  if (answer === "later") return {};
  const headers = { "request-id": { $ref: "#/components/headers/request-id" } };
  if (answer === "socket") return { 101: { description: "The socket." } };
  return { 200: { description: "Success.", headers, content: contentOf(answer, refer) } };
}

function contentOf(what: Exclude<RouteLine["answer"], "later" | "socket">, refer: Refer, example?: unknown): Schema {
  if (isSchema(what)) {
    return { "application/json": { schema: refer(what), ...(example === undefined ? {} : { example }) } };
  }
  switch (what) {
    case "events":
      return { "text/event-stream": { schema: refer(StreamFrame) } };
    case "bytes":
      return {
        "application/octet-stream": { schema: { type: "string", contentMediaType: "application/octet-stream" } },
      };
    case "json":
      return { "application/json": { schema: { type: "object" } } };
    case "html":
      return { "text/html": { schema: { type: "string" } } };
  }
}

/** What can go wrong on every route of a kind, and what the line adds. */
function refusals({ route, body, tag, ticket, refusals = [] }: RouteLine): Schema {
  const forbids = ticket || tag === "Operator";
  const more = [...(body ? [413] : []), ...(forbids ? [403] : []), ...refusals];
  const statuses = new Set([400, 401, 404, 429, 500, 529, ...more]);
  return Object.fromEntries(
    [...statuses]
      .filter((status) => status !== 404 || route.includes("{") || route.includes("/v1/") || body)
      .toSorted((a, b) => a - b)
      .map((status) => [status, { $ref: `#/components/responses/E${status}` }]),
  );
}

function refusal(status: number, refer: Refer): Schema {
  const names = ["request-id", "x-should-retry", ...(status === 429 ? ["retry-after"] : [])];
  const [type] = Object.entries(ERROR_STATUS).find(([, each]) => each === status) ?? ["invalid_request_error"];
  const error = { type: status === 409 ? "invalid_request_error" : type, message: REFUSALS[status] };
  const example = { type: "error", error, request_id: "req_01AAAAAAAAAAAAAAAAAAAAAA" };
  return {
    description: REFUSALS[status],
    headers: Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }])),
    content: { "application/json": { schema: refer(ErrorEnvelope), example } },
  };
}

function isSchema(what: unknown): what is z.ZodType {
  return typeof what === "object" && what !== null;
}
