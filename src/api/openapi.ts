/** The API's definition, OpenAPI 3.1, out of the values of its routes. */
import type { z } from "zod";
import * as envelope from "../protocol/envelope.ts";
import { ERROR_STATUS } from "../protocol/errors.ts";
import { StreamFrame } from "../protocol/events.ts";
import { components, type Schema } from "./json-schema.ts";
import { API_VERSIONS, MANAGED_AGENTS_BETA } from "./middleware/version-beta.ts";
import { parametersOf, type Route } from "./route.ts";

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

/** Of answers. */
const HEADERS: Record<string, Schema> = {
  "request-id": { description: "The same as in an error's body.", schema: { type: "string" } },
  "retry-after": { description: "Seconds.", schema: { type: "integer" } },
  "x-should-retry": {
    description: "`false`: no retry will help, and the SDK makes none.",
    schema: { type: "string", enum: ["false"] },
  },
};

/** Resources that are not built are not told; methods that are not, are. */
export function definition(all: Route[]): Schema {
  const routes = all.filter(({ method }) => method !== "ALL");
  const groups = [...new Set(routes.map(({ group }) => group))];
  const wanted = routes.flatMap(({ body, answer, query }) => [body, answer, query?.schema]).filter(isSchema);
  const modules = [...groups.flatMap(({ schemas }) => schemas), envelope];
  const { refer, schemas } = components(modules, [...wanted, envelope.ErrorEnvelope, StreamFrame]);
  const paths: Record<string, Schema> = {};
  for (const route of routes) {
    const { path, method } = route;
    paths[path] = { ...paths[path], [method.toLowerCase()]: operation(route, refer) };
  }
  return {
    openapi: "3.1.1",
    info: { title: "Sinew", version: "0.1.0", description: DESCRIPTION, license: { name: "MIT", identifier: "MIT" } },
    servers: [{ url: "/" }],
    security: [{ key: [] }, { bearer: [] }],
    tags: groups.map(({ tag, about }) => ({ name: tag, description: about })),
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

function operation(route: Route, refer: Refer): Schema {
  const { id, group, summary, description, answer, body, example, ticket } = route;
  const open = group.gate === "open";
  return {
    operationId: id,
    tags: [group.tag],
    summary: answer === "later" ? `${summary} (not there yet)` : summary,
    ...(description ? { description } : {}),
    ...(open ? { security: [] } : {}),
    ...(group.gate === "operator" ? { security: [{ operator: [] }] } : {}),
    ...(ticket ? { security: [{ key: [] }, { bearer: [] }, { ticket: [] }] } : {}),
    parameters: [...pathParameters(route), ...queryParameters(route, refer), ...headerParameters(route)],
    ...(body ? { requestBody: { required: true, content: contentOf(body, refer, example) } } : {}),
    responses: { ...success(route, refer), ...(open ? {} : refusals(route)) },
  };
}

function pathParameters({ path }: Route): Schema[] {
  return parametersOf(path).map((name) => ({
    ...{ name, in: "path", required: true, schema: { type: "string" } },
    description: name === "path" ? "Of the file, from the root; without the first slash." : aResource(name),
  }));
}

/** `agent_id` -> `An agent.` */
function aResource(name: string): string {
  const word = name.replace(/_id$/, "");
  return `${/^[aeiou]/.test(word) ? "An" : "A"} ${word}.`;
}

function queryParameters({ query }: Route, refer: Refer): Schema[] {
  const { properties = {} } = query ? (refer(query.schema) as { properties?: Record<string, Schema> }) : {};
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    ...{ name, in: "query", schema },
    ...(description ? { description } : {}),
  }));
}

function headerParameters({ group: { gate }, ticket, resumes, idempotent }: Route): Schema[] {
  const needed = ticket ? {} : { required: true };
  const version = {
    ...{ name: "anthropic-version", in: "header", ...needed },
    description: ticket ? "Not needed with a ticket." : "Which version of the API; the routes here do not differ.",
    schema: { type: "string", enum: API_VERSIONS, default: API_VERSIONS.at(-1) },
  };
  const beta = {
    ...{ name: "anthropic-beta", in: "header", ...needed },
    description: `Must hold ${MANAGED_AGENTS_BETA}; further values, joined by commas, are ignored.`,
    schema: { type: "string", default: MANAGED_AGENTS_BETA },
  };
  const key = {
    ...{ name: "idempotency-key", in: "header" },
    description: "A request with a key that was used is answered as the first one was, for 24 hours.",
    schema: { type: "string", maxLength: 255 },
  };
  const last = {
    ...{ name: "last-event-id", in: "header" },
    description: "The id of the event to go on from; counts before `after`.",
    schema: { type: "integer", minimum: 0 },
  };
  return [
    ...(gate === "beta" || gate === "version" ? [version] : []),
    ...(gate === "beta" ? [beta] : []),
    ...(idempotent ? [key] : []),
    ...(resumes ? [last] : []),
  ];
}

function success({ answer }: Route, refer: Refer): Schema {
  if (answer === "later") return {};
  const headers = { "request-id": { $ref: "#/components/headers/request-id" } };
  if (answer === "socket") return { 101: { description: "The socket." } };
  return { 200: { description: "Success.", headers, content: contentOf(answer, refer) } };
}

function contentOf(what: Exclude<Route["answer"], "later" | "socket">, refer: Refer, example?: unknown): Schema {
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

/** What can go wrong on every route of a kind, and what the route adds. */
function refusals({ group: { gate }, path, body, ticket, refusals = [] }: Route): Schema {
  const forbids = ticket || gate === "operator";
  const misses = path.includes("{") || gate === "beta" || gate === "version" || body;
  const more = [...(body ? [413] : []), ...(forbids ? [403] : []), ...(misses ? [404] : []), ...refusals];
  const statuses = [...new Set([400, 401, 429, 500, 529, ...more])].toSorted((a, b) => a - b);
  return Object.fromEntries(statuses.map((status) => [status, { $ref: `#/components/responses/E${status}` }]));
}

function refusal(status: number, refer: Refer): Schema {
  const names = ["request-id", "x-should-retry", ...(status === 429 ? ["retry-after"] : [])];
  const [type] = Object.entries(ERROR_STATUS).find(([, each]) => each === status) ?? ["invalid_request_error"];
  const error = { type: status === 409 ? "invalid_request_error" : type, message: REFUSALS[status] };
  const example = { type: "error", error, request_id: "req_01AAAAAAAAAAAAAAAAAAAAAA" };
  return {
    description: REFUSALS[status],
    headers: Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }])),
    content: { "application/json": { schema: refer(envelope.ErrorEnvelope), example } },
  };
}

function isSchema(what: unknown): what is z.ZodType {
  return typeof what === "object" && what !== null;
}
