/**
 * A route of the API as one value. Registration (app.ts), the checks before the handler, the API's definition (openapi.ts), the rows of README's
 * conformance table and the generated tests of validation are made from it: a fact about a route stands in its value and nowhere else.
 */
import type { Handler } from "hono";
import type { z } from "zod";
import { ApiError, invalid, notFound, type Outcome, unwrap } from "../protocol/errors.ts";
import { ID_KINDS, parseId } from "../protocol/ids.ts";
import { noQuery } from "../protocol/queries.ts";
import { check } from "../protocol/validation.ts";
import type { Keep } from "./body/large.ts";
import { type Body, readBody } from "./body/read.ts";
import { type AppContext, type AppEnv, paramsOf } from "./context.ts";

/**
 * Who may call: `beta` an API key with a version and the beta header, `version` without the latter, `key` the API key alone, `operator` a key of
 * OPERATOR_KEYS, `open` everybody.
 */
export type Gate = "beta" | "version" | "key" | "operator" | "open";

/** What the routes of a tag have in common. */
export interface RouteGroup {
  /** The heading in the definition, and a sentence about it. */
  tag: string;
  about: string;
  gate: Gate;
  /** Modules of protocol/: their exported schemas keep their names in the definition. */
  schemas: object[];
  /** Answers say whose workspace they are of; the hosted API leaves it out on environments (spec/core.md §1.2). */
  namesWorkspace?: true;
  /** The hosted API forbids retries of environments' refusals, but for a 404 to a reader (spec/core.md §1.2). */
  finalRefusals?: true;
}

/** Answers that are not JSON of a schema. */
export type Format = "events" | "bytes" | "socket" | "json" | "html";

export interface Route {
  group: RouteGroup;
  /** ALL: a whole resource that is not built, and whatever is below its path. */
  method: "GET" | "POST" | "PUT" | "DELETE" | "ALL";
  /**
   * Parameters in braces. Those whose name is in ID_KINDS are ids; `{path}` is the whole rest, any other one part, as it was sent.
   */
  path: `/${string}`;
  /** The operationId. */
  id: string;
  summary: string;
  description?: string;
  /** Neither reads nor writes the catalog: what the operator said is taken as it was heard last, so that the request never waits for D1. */
  withoutCatalog?: true;
  /** Counts as a create of the workspace (spec/core.md §1.5); reads count by their method. */
  creates?: true;
  /** Absent: every parameter is refused, as a body's unknown key is (spec/core.md §1.4); an open route lets all pass, since monitors append some. */
  query?: { schema: z.ZodType };
  /** "bytes": the handler reads them. */
  body?: z.ZodType | "bytes";
  /** Stands before every path in the body's errors. */
  bodyName?: string;
  /** An example of the body. */
  example?: unknown;
  /** The body of a success; "later": the route exists only to say that it is not built. */
  answer: z.ZodType | Format | "later";
  /** Statuses of refusals beside those that every route of its kind has. */
  refusals?: number[];
  /** Takes `?ticket=` in place of a key. */
  ticket?: true;
  /** `last-event-id` resumes. */
  resumes?: true;
  /** `idempotency-key` makes a repeat harmless. */
  idempotent?: true;
  /** Methods of the SDK below `client.beta` that end here; of an ALL route, the resources. */
  sdk?: string[];
  /** What the wire allows here and this version refuses by name, for the conformance table. */
  without?: string[];
  /** Checks what the value says, calls the handler and answers. */
  serve: Handler<AppEnv>;
}

type Reader<Q> = ((params: URLSearchParams) => Outcome<Q>) & { schema: z.ZodType };

/** For what the handler reads for itself. */
export function unread(schema: z.ZodType): Reader<undefined> {
  return Object.assign(() => ({ ok: true as const, value: undefined }), { schema });
}

type Parameters<P extends string> = P extends `${string}{${infer Name}}${infer Rest}` ? Name | Parameters<Rest> : never;

/** What a handler is given: the path's parameters by name, and the rest parsed. */
type Input<P extends string, Q, B> = { [Name in Parameters<P>]: string } & {
  query: Q;
  /** As the schema gives it. */
  body: B extends z.ZodType ? z.output<B> : undefined;
  /** The body as it came. */
  sent: B extends z.ZodType ? Body : undefined;
};
type Answered<A> = (A extends z.ZodType ? z.output<A> : never) | Response;

interface Spec<P, Q, B, A> extends Omit<Route, "path" | "query" | "body" | "answer" | "serve"> {
  path: P;
  query?: Reader<Q>;
  body?: B;
  answer: A;
  /** Long strings of the body that stay bytes (body/large.ts). */
  keep?: Keep;
  handle(c: AppContext, input: Input<P & string, Q, B>): Answered<A> | Promise<Answered<A>>;
}

/** A route that works. Checked before its handler, in this order: query parameters (400), the path's ids (404), the body (400, 413). */
export function route<
  const P extends `/${string}`,
  A extends z.ZodType | Format,
  Q = undefined,
  B extends z.ZodType | "bytes" | undefined = undefined,
>({ handle, keep, ...facts }: Spec<P, Q, B, A>): Route {
  const { body, bodyName, group } = facts;
  const read: Reader<unknown> = facts.query ?? (group.gate === "open" ? unread(noQuery.schema) : noQuery);
  const readers = parametersOf(facts.path).map((name) => [name, parserOf(name)] as const);
  return {
    ...facts,
    serve: async (c) => {
      const query = unwrap(read(paramsOf(c)));
      const parameters = Object.fromEntries(readers.map(([name, parse]) => [name, parse(c.req.param(name) ?? "")]));
      const sent = typeof body === "object" ? await readBody(c.req.raw, keep) : undefined;
      const value = sent && typeof body === "object" ? unwrap(check(body, sent.value, bodyName)) : undefined;
      const answer = await handle(c, { ...parameters, query, body: value, sent } as Input<P, Q, B>);
      return answer instanceof Response ? answer : c.json(answer);
    },
  };
}

/** A method that is not built, of a resource that is: a 400 that names `what`. */
export function notBuilt({ what, ...facts }: Omit<Route, "answer" | "serve"> & { what: string }): Route {
  return {
    ...facts,
    answer: "later",
    serve: (c) => {
      unwrap(noQuery(paramsOf(c)));
      throw new ApiError(invalid(`${what} is not supported by this version of Sinew yet`));
    },
  };
}

/** A resource that is not built, with everything below `path`: a 404 that names `what`. No retry helps (spec/core.md §1.2, §1.4). */
export function resourceNotBuilt(group: RouteGroup, path: Route["path"], sdk: string, what: string): Route {
  const message = `this version of Sinew does not have ${what} yet`;
  return {
    ...{ group, path, sdk: [sdk], id: sdk, summary: what, method: "ALL", answer: "later" },
    serve: () => {
      throw new ApiError({ ...notFound(message), noRetry: true });
    },
  };
}

/** The names in a path's braces. */
export function parametersOf(path: string): string[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
}

/** As Hono spells it. */
export function patternOf({ path, method }: Route): string {
  const pattern = path.replace("{path}", ":path{.+}").replace(/\{(\w+)\}/g, ":$1");
  return method === "ALL" ? `${pattern}/*` : pattern;
}

function parserOf(name: string): (text: string) => string {
  const kind = ID_KINDS.find(({ word }) => name === `${word}_id`);
  return kind ? (text) => parseId(kind.prefix, text) : (text) => text;
}
