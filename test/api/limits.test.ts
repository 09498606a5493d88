import { expect, test, vi } from "vitest";
import { untilNext } from "../../src/api/middleware/rate-limit.ts";
import type { Env } from "../../src/env.ts";
import { call, OTHER_KEY, testServer } from "./harness.ts";

const server = testServer();

/** The platform's binding: lets `limit` requests of a key in, and tells which keys it was asked about. */
function binding(limit: number) {
  const keys: string[] = [];
  const own = {
    keys,
    limit: async ({ key }: RateLimitOptions) => ({ success: keys.push(key) <= limit }),
  };
  return own satisfies RateLimit;
}

const bound = (creates: number, reads: number, more: Partial<Env> = {}) => {
  const bindings = { CREATE_LIMIT: binding(creates), READ_LIMIT: binding(reads) };
  return { ...bindings, server: { env: { ...server.env, ...bindings, ...more } as Env } };
};

test.each([
  ["POST", "/v1/agents", "creates"],
  ["POST", "/v1/environments", "creates"],
  ["POST", "/v1/sessions", "creates"],
  ["POST", "/x/tickets", "creates"],
  ["GET", "/v1/agents", "reads"],
  ["GET", "/v1/agents/agent_x", "reads"],
  ["GET", "/v1/models", "reads"],
  ["GET", "/v1/sessions/sesn_x/events/stream", "reads"],
  ["GET", "/x/sessions/sesn_x/socket", "reads"],
  ["HEAD", "/v1/agents", "reads"],
  ["HEAD", "/healthz", "neither"],
  ["POST", "/v1/agents/agent_x", "neither"],
  ["POST", "/v1/agents/agent_x/archive", "neither"],
  ["POST", "/v1/sessions/sesn_x/events", "neither"],
  ["DELETE", "/v1/sessions/sesn_x", "neither"],
  ["PUT", "/x/sessions/sesn_x/files/a", "neither"],
  ["GET", "/healthz", "neither"],
  ["GET", "/x/operator/status", "neither"],
])("%s %s counts as %s", async (method, path, kind) => {
  const { server: own, CREATE_LIMIT, READ_LIMIT } = bound(9, 9);
  await call(own, method, path, method === "GET" || method === "HEAD" ? undefined : {});
  expect({ creates: CREATE_LIMIT.keys, reads: READ_LIMIT.keys }).toEqual({
    creates: kind === "creates" ? ["default"] : [],
    reads: kind === "reads" ? ["default"] : [],
  });
});

test("the refusal is a 429 that says when to come back, and nothing was done", async () => {
  const { server: own } = bound(0, 9);
  const name = crypto.randomUUID();
  const { status, body, headers } = await call(own, "POST", "/v1/environments", { name });
  expect({ status, type: body.error?.type }).toEqual({ status: 429, type: "rate_limit_error" });
  expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
  expect(Number(headers.get("retry-after"))).toBeLessThanOrEqual(60);
  expect(headers.get("x-should-retry")).toBeNull();
  expect((await call(server, "POST", "/v1/environments", { name })).status).toBe(200);
});

test("a counter that fails keeps nobody out, and is told of once", async () => {
  const limit = async () => {
    throw new Error("database or disk is full: SQLITE_FULL");
  };
  const env = { ...server.env, READ_LIMIT: { limit }, CREATE_LIMIT: { limit } } as unknown as Env;
  const error = vi.spyOn(console, "error").mockImplementation(() => {});
  const statuses = [
    (await call({ env }, "GET", "/v1/agents")).status,
    (await call({ env }, "POST", "/v1/environments", { name: crypto.randomUUID() })).status,
  ];
  const lines = error.mock.calls.map(([line]) => JSON.parse(String(line)));
  error.mockRestore();
  expect(statuses).toEqual([200, 200]);
  expect(lines).toEqual([{ level: "error", event: "rate_limit", error: "Error", storage: "SQLITE_FULL" }]);
});

test("each workspace is counted by itself", async () => {
  const { server: own, READ_LIMIT } = bound(9, 9);
  await call(own, "GET", "/v1/agents");
  await call(own, "GET", "/v1/agents", undefined, { "x-api-key": OTHER_KEY });
  await call(own, "GET", "/v1/agents", undefined, { "x-api-key": "sk-wrong" });
  expect(READ_LIMIT.keys).toEqual(["default", "other"]);
});

test("without the bindings, or where they are off, nothing is counted", async () => {
  const off = bound(0, 0, { RATE_LIMITS: "off" });
  expect((await call(off.server, "GET", "/v1/agents")).status).toBe(200);
  expect(off.READ_LIMIT.keys).toEqual([]);
  expect((await call(server, "GET", "/v1/agents")).status).toBe(200);
  expect((await call(bound(0, 0).server, "GET", "/v1/agents")).status).toBe(429);
});

test.each([
  [60, 0, 60],
  [60, 1, 60],
  [60, 59_000, 1],
  [60, 59_999, 1],
  [60, 60_000, 60],
  [10, 3_500, 7],
  [10, 9_999, 1],
])("of a period of %i s, at %i ms, so many seconds are left: %i", (period, now, left) => {
  expect(untilNext(period, now)).toBe(left);
});
