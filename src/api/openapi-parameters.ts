/** Parameters of the API's definition: paths, queries, and the headers that routes of a kind share. */
import type { z } from "zod";
import { MANAGED_AGENTS_BETA } from "./beta.ts";
import type { Schema } from "./json-schema.ts";
import { API_VERSIONS } from "./middleware/version-beta.ts";
import type { RouteLine } from "./openapi-line.ts";

/** Of answers. */
export const HEADERS: Record<string, Schema> = {
  "request-id": { description: "The same as in an error's body.", schema: { type: "string" } },
  "retry-after": { description: "Seconds.", schema: { type: "integer" } },
  "x-should-retry": {
    description: "`false`: no retry will help, and the SDK makes none.",
    schema: { type: "string", enum: ["false"] },
  },
};

/** Resources that need the beta header (spec/core.md §1.1), as in app.ts. */
const GATED = /^\w+ \/v1\/(agents|environments|sessions)\b/;
const RESOURCES: Record<string, string> = {
  agent_id: "An agent.",
  environment_id: "An environment.",
  session_id: "A session.",
  thread_id: "A thread.",
  model_id: "A model.",
  path: "Of the file, from the root; without the first slash.",
};

export function parametersOf(line: RouteLine, refer: (schema: z.ZodType) => Schema): Schema[] {
  return [...pathParameters(line), ...queryParameters(line, refer), ...headerParameters(line)];
}

function pathParameters({ route }: RouteLine): Schema[] {
  return [...route.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => ({
    name,
    in: "path",
    required: true,
    description: RESOURCES[name],
    schema: { type: "string" },
  }));
}

function queryParameters({ query, resumes, answer }: RouteLine, refer: (schema: z.ZodType) => Schema): Schema[] {
  const { properties = {} } = query ? (refer(query) as { properties?: Record<string, Schema> }) : {};
  const named = Object.entries(properties).map(([name, schema]) => ({ name, in: "query", schema }));
  const after = {
    name: "after",
    in: "query",
    description: "The id of the event to go on from.",
    schema: { type: "integer", minimum: 0 },
  };
  const deltas = {
    name: "deltas",
    in: "query",
    description: "As `event_deltas[]`, joined by commas.",
    schema: { type: "string" },
  };
  return [...named, ...(resumes ? [after] : []), ...(answer === "socket" ? [deltas] : [])];
}

function headerParameters({ route, ticket, resumes, idempotent, answer }: RouteLine): Schema[] {
  const wire = route.includes(" /v1/");
  const header = (name: string, description: string, schema: Schema, required = false) => ({
    ...{ name, in: "header", description, schema },
    ...(required ? { required } : {}),
  });
  return [
    wire &&
      header(
        "anthropic-version",
        ticket ? "Not needed with a ticket." : "Which version of the API; the routes here do not differ.",
        { type: "string", enum: API_VERSIONS, default: API_VERSIONS.at(-1) },
        !ticket,
      ),
    GATED.test(route) &&
      header(
        "anthropic-beta",
        `Must hold ${MANAGED_AGENTS_BETA}; further values, joined by commas, are ignored.`,
        { type: "string", default: MANAGED_AGENTS_BETA },
        !ticket,
      ),
    idempotent &&
      header("idempotency-key", "A request with a key that was used is answered as the first one was, for 24 hours.", {
        type: "string",
        maxLength: 255,
      }),
    resumes &&
      answer !== "socket" &&
      header("last-event-id", "The id of the event to go on from; counts before `after`.", {
        type: "integer",
        minimum: 0,
      }),
  ].filter((parameter) => parameter !== false && parameter !== undefined);
}
