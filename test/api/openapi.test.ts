/** The definition at /openapi.json: the routes that exist, the bodies and queries that they take, and answers as they are. What a route refuses: routes.test.ts. */
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { beforeAll, describe, expect, test } from "vitest";
import { version } from "../../package.json" with { type: "json" };
import { ROUTES as ALL, createApp } from "../../src/api/app.ts";
import type { Schema } from "../../src/api/json-schema.ts";
import type { Route } from "../../src/api/route.ts";
import { newId } from "../../src/protocol/ids.ts";
import { type Document, differences, lint } from "./definition.ts";
import { call, testServer } from "./harness.ts";

const server = testServer();
/** What is told: resources that are not built are not. */
const ROUTES = ALL.filter(({ method }) => method !== "ALL");
const told = ({ method, path }: Route) => document.paths[path]![method.toLowerCase()]!;

let document: Document;
let ajv: Ajv2020;
beforeAll(async () => {
  const answer = await call(server, "GET", "/openapi.json", undefined, { "x-api-key": null });
  expect(answer.status).toBe(200);
  expect(answer.headers.get("content-type")).toBe("application/json");
  document = answer.body as Document;
  ajv = new Ajv2020({
    strict: true,
    allowUnionTypes: true,
    strictRequired: false,
    inlineRefs: false,
    code: { optimize: false },
  });
  ajv.addVocabulary(["discriminator", "example", "components"]);
  for (const format of ["date-time"]) ajv.addFormat(format, (text) => !Number.isNaN(Date.parse(text)));
  ajv.addSchema({ $id: "https://sinew.invalid/", components: document.components });
});

/** A validator of one schema of the document, inline or named. */
function validator(schema: Schema): ValidateFunction {
  const absolute = JSON.stringify(schema).replaceAll('"#/components', '"https://sinew.invalid/#/components');
  return ajv.compile(JSON.parse(absolute) as Schema);
}

const named = (name: string) => validator({ $ref: `#/components/schemas/${name}` });

/** Linting and compiling everything: a second of work, more beside other tests. */
const HEAVY = { timeout: 20_000 };

describe("the definition", () => {
  test("tells each route that the app has, and no other", () => {
    const { routes } = createApp();
    expect(routes.length).toBeGreaterThan(20);
    expect(differences(routes, document)).toEqual({ untold: [], gone: [] });
    const more = { method: "POST", path: "/v1/agents/:id/rename" };
    expect(differences([...routes, more], document)).toEqual({ untold: ["POST /v1/agents/{}/rename"], gone: [] });
    const fewer = routes.filter(({ path }) => !path.endsWith("/versions"));
    expect(differences(fewer, document)).toEqual({ untold: [], gone: ["GET /v1/agents/{}/versions"] });
    const operations = Object.values(document.paths).flatMap((path) => Object.values(path));
    expect(operations).toHaveLength(ROUTES.length);
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(ROUTES.length);
  });

  test("is valid OpenAPI 3.1, to a linter that finds what is wrong", HEAVY, async () => {
    expect(document.openapi).toMatch(/^3\.1\./);
    expect(document.info).toMatchObject({ version });
    expect(await lint(document)).toEqual([]);
    const broken = structuredClone(document);
    broken.paths["/v1/agents"]!.post!.operationId = "listAgents";
    delete broken.components.schemas.Agent;
    (broken.paths["/healthz"]!.get!.responses[200] as Schema).content = "text";
    const found = (await lint(broken)).join("\n");
    for (const rule of ["operation-operationId-unique", "no-unresolved-refs", "struct"]) expect(found).toContain(rule);
  });

  test("tells the success of every route, but of those that are not there yet", () => {
    for (const route of ROUTES) {
      const { answer, path } = route;
      const statuses = Object.keys(told(route).responses).filter((status) => status < "400");
      expect(statuses, path).toEqual(answer === "later" ? [] : answer === "socket" ? ["101"] : ["200"]);
    }
  });

  test("has schemas that compile, of which none is unused", HEAVY, () => {
    const names = Object.keys(document.components.schemas);
    expect(names.length).toBeGreaterThan(80);
    const every = names.map((name) => ({ $ref: `#/components/schemas/${name}` }));
    expect(typeof validator({ anyOf: every })).toBe("function");
    expect(() => validator({ $ref: "#/components/schemas/NoneOfThem" })).toThrow("NoneOfThem");
    const text = JSON.stringify(document);
    expect(names.filter((name) => !text.includes(`"#/components/schemas/${name}"`))).toEqual([]);
  });
});

test("limits of length and number are told", () => {
  const validate = named("AgentCreate");
  const agent = { name: "a", model: "m", metadata: { key: "value" } };
  expect(validate(agent), JSON.stringify(validate.errors)).toBe(true);
  expect(validate({ ...agent, name: "" })).toBe(false);
  expect(validate({ ...agent, name: "\u{1F600}".repeat(256) })).toBe(true);
  expect(validate({ ...agent, name: "\u{1F600}".repeat(257) })).toBe(false);
  const bag = (pairs: number) => Object.fromEntries(Array.from({ length: pairs }, (_, i) => [`k${i}`, "v"]));
  expect(validate({ ...agent, metadata: bag(16) })).toBe(true);
  expect(validate({ ...agent, metadata: bag(17) })).toBe(false);
  expect(validate({ ...agent, metadata: { ["k".repeat(65)]: "v" } })).toBe(false);
  expect(validate({ ...agent, metadata: { k: "v".repeat(513) } })).toBe(false);
});

const bodies = ROUTES.filter(({ body }) => typeof body === "object");
test.each(bodies.map((route) => [route.id, route] as const))("the body of %s is told as it is checked", (_, route) => {
  const validate = validator(told(route).requestBody!.content["application/json"]!.schema);
  expect(validate(route.example), JSON.stringify(validate.errors)).toBe(true);
  expect(validate({ ...(route.example as object), no_field_of_this_name: 1 })).toBe(false);
});

const lists = ROUTES.filter(({ query, answer }) => query && answer !== "events" && answer !== "socket");
test.each(lists.map((route) => [route.id, route] as const))(
  "the query of %s is told as it is read",
  async (_, route) => {
    const path = route.path.replace(/\{\w+\}/g, "x");
    const parameters = told(route).parameters.filter((parameter) => parameter.in === "query");
    expect(parameters.length).toBeGreaterThan(0);
    for (const { name } of parameters) {
      const answer = await call(server, route.method, `${path}?${encodeURIComponent(name)}=`);
      expect(answer.body.error?.message ?? "").not.toMatch(/unknown/);
    }
  },
);

describe("an answer", () => {
  test("is as the definition says: objects, pages, errors", HEAVY, async () => {
    const name = `definition ${crypto.randomUUID()}`;
    const agent = await call(server, "POST", "/v1/agents", { name, model: "rehearsal" });
    const environment = await call(server, "POST", "/v1/environments", { name });
    const session = await call(server, "POST", "/v1/sessions", {
      agent: agent.body.id,
      environment_id: environment.body.id,
    });
    const id = String(session.body.id);
    const answers: [string, string, unknown][] = [
      ["post", "/v1/agents", agent.body],
      ["post", "/v1/environments", environment.body],
      ["post", "/v1/sessions", session.body],
      ["post", "/x/tickets", (await call(server, "POST", "/x/tickets", { session_id: id })).body],
      ["get", "/v1/agents", (await call(server, "GET", "/v1/agents")).body],
      ["get", "/v1/environments", (await call(server, "GET", "/v1/environments")).body],
      ["get", "/v1/sessions", (await call(server, "GET", "/v1/sessions")).body],
      ["get", "/v1/models", (await call(server, "GET", "/v1/models")).body],
      ["get", "/v1/sessions/{session_id}/threads", (await call(server, "GET", `/v1/sessions/${id}/threads`)).body],
      ["get", "/x/sessions/{session_id}/health", (await call(server, "GET", `/x/sessions/${id}/health`)).body],
      ["get", "/healthz", (await call(server, "GET", "/healthz")).body],
    ];
    for (const [method, path, body] of answers) {
      const responses = document.paths[path]![method]!.responses as {
        200: { content: Record<string, { schema: Schema }> };
      };
      const validate = validator(responses[200].content["application/json"]!.schema);
      expect(validate(body), `${method} ${path}: ${JSON.stringify(validate.errors)}`).toBe(true);
      expect(validate({ ...(body as object), type: 1, data: 1, ok: 1, epoch: "" }), path).toBe(false);
    }
    const validate = named("ErrorEnvelope");
    expect(validate((await call(server, "GET", `/v1/agents/${newId("agent")}`)).body)).toBe(true);
    expect(validate({ type: "error", error: { type: "none", message: "" }, request_id: "" })).toBe(false);
  });
});
