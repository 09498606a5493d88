import { describe, expect, test, vi } from "vitest";
import { createApp } from "../../src/api/app.ts";
import { parseOrigins } from "../../src/api/middleware/cors.ts";
import { newId } from "../../src/protocol/ids.ts";
import { HEADERS, testServer } from "./harness.ts";

const server = testServer();
const PAGE = "https://app.example";

function ask(path: string, init: RequestInit, CORS_ORIGINS?: string): Promise<Response> {
  const env = { ...server.env, ...(CORS_ORIGINS === undefined ? {} : { CORS_ORIGINS }) };
  return Promise.resolve(createApp().request(path, init, env));
}

const preflight = (origin: string, asked: string): RequestInit => ({
  method: "OPTIONS",
  headers: { origin, "access-control-request-method": "POST", "access-control-request-headers": asked },
});

/** What SDK 1.14 sends with a POST from a page. */
const SDK_HEADERS = [
  ...["anthropic-beta", "anthropic-dangerous-direct-browser-access", "anthropic-version", "authorization", "x-api-key"],
  ...["content-type", "idempotency-key", "last-event-id", "x-stainless-arch", "x-stainless-lang", "x-stainless-os"],
  ...["x-stainless-package-version", "x-stainless-retry-count", "x-stainless-runtime", "x-stainless-timeout"],
];

describe("a preflight", () => {
  test("of a listed origin is answered without a key, for every header of the SDK", async () => {
    const answer = await ask("/v1/sessions", preflight(PAGE, SDK_HEADERS.join(",")), `${PAGE}, http://localhost:5173`);
    expect(answer.status).toBe(204);
    expect(answer.headers.get("access-control-allow-origin")).toBe(PAGE);
    expect(answer.headers.get("access-control-allow-headers")?.split(",")).toEqual(SDK_HEADERS);
    expect(answer.headers.get("access-control-allow-methods")).toBe("GET,POST,PUT,DELETE");
    expect(answer.headers.get("access-control-max-age")).toBe("600");
    expect(answer.headers.get("access-control-allow-credentials")).toBeNull();
    expect(answer.headers.get("vary")).toContain("Origin");
  });

  test.each([
    ["another origin", "https://other.example", PAGE],
    ["the same host in another scheme", "http://app.example", PAGE],
    ["a longer name", `${PAGE}.other.example`, PAGE],
    ["the opaque origin", "null", PAGE],
    ["any origin while none is listed", PAGE, undefined],
    ["any origin while the list is no list", PAGE, "*"],
  ])("of %s allows nothing", async (_, origin, list) => {
    const silent = vi.spyOn(console, "error").mockImplementation(() => {});
    const answer = await ask("/v1/sessions", preflight(origin, "x-api-key"), list);
    silent.mockRestore();
    expect(answer.headers.get("access-control-allow-origin")).toBeNull();
  });
});

describe("a response", () => {
  const { "x-api-key": key, ...keyless } = HEADERS;

  test.each([
    ["a success", "/v1/agents", { ...keyless, "x-api-key": key }, 200],
    ["a refusal", "/v1/agents", keyless, 401],
    ["a missing session", `/v1/sessions/${newId("sesn")}`, { ...keyless, "x-api-key": key }, 404],
    ["an unknown path", "/nowhere", {}, 404],
  ])("is readable for a listed page and no other: %s", async (_, path, headers, status) => {
    const own = await ask(path, { headers: { ...headers, origin: PAGE } }, PAGE);
    expect(own.status).toBe(status);
    expect(own.headers.get("access-control-allow-origin")).toBe(PAGE);
    expect(own.headers.get("vary")).toContain("Origin");
    const exposed = own.headers.get("access-control-expose-headers")?.split(",");
    expect(exposed).toEqual(expect.arrayContaining(["request-id", "retry-after", "x-should-retry"]));
    expect(own.headers.get("request-id")).toMatch(/^req_01/);

    const other = await ask(path, { headers: { ...headers, origin: "https://other.example" } }, PAGE);
    expect(other.status).toBe(status);
    expect(other.headers.get("access-control-allow-origin")).toBeNull();
    expect(other.headers.get("vary")).toContain("Origin");
  });

  test("has none of these headers while no origin is listed", async () => {
    const answer = await ask("/v1/agents", { headers: { ...HEADERS, origin: PAGE } });
    expect([...answer.headers.keys()].filter((name) => /^(access-control|vary)/.test(name))).toEqual([]);
  });
});

test("the list holds exact origins; the rest is told by position and admits nobody", () => {
  expect(parseOrigins("https://a.example, http://localhost:5173\nhttp://127.0.0.1:8080")).toEqual({
    origins: ["https://a.example", "http://localhost:5173", "http://127.0.0.1:8080"],
    problems: [],
  });
  const wrong = ["*", "a.example", "https://a.example/", "https://A.example", "https://*.a.example", "null", "ftp://a"];
  const { origins, problems } = parseOrigins(wrong.join());
  expect(origins).toEqual([]);
  expect(problems).toHaveLength(wrong.length);
  expect(problems[3]).toMatch(/^entry 4: /);
});
