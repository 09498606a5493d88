import { createHash } from "node:crypto";
import { expect, test, vi } from "vitest";
import { isId, newId } from "../../src/protocol/ids.ts";
import { call, KEY, OTHER_KEY, testServer } from "./harness.ts";

const server = testServer();
const models = (headers: Record<string, string | null>, env: object = {}) =>
  call({ env: { ...server.env, ...env } }, "GET", "/v1/models", undefined, headers);

test("both headers are accepted, and x-api-key counts if both come", async () => {
  const none = { "x-api-key": null };
  expect((await models({})).status).toBe(200);
  expect((await models({ ...none, authorization: `Bearer ${KEY}` })).status).toBe(200);
  expect((await models({ ...none, authorization: `bearer  ${KEY}` })).status).toBe(200);
  expect((await models({ "x-api-key": KEY, authorization: "Bearer wrong" })).status).toBe(200);
  expect((await models({ "x-api-key": "wrong", authorization: `Bearer ${KEY}` })).status).toBe(401);
});

test.each([
  ["no credential", { "x-api-key": null }],
  ["an empty one", { "x-api-key": "" }],
  ["a wrong one", { "x-api-key": "sk-firs" }],
  ["a longer one", { "x-api-key": `${KEY}x` }],
  ["two keys in one header", { "x-api-key": `${KEY}, ${KEY}` }],
  ["a garbage bearer", { "x-api-key": null, authorization: "Bearer zzz" }],
  ["another scheme", { "x-api-key": null, authorization: `Basic ${btoa(`x:${KEY}`)}` }],
  ["a bearer with two tokens", { "x-api-key": null, authorization: `Bearer ${KEY} ${KEY}` }],
])("%s is a 401 that is not retried", async (_, headers) => {
  const { status, body, headers: got } = await models(headers);
  expect(status).toBe(401);
  expect(body.error?.type).toBe("authentication_error");
  expect(got.get("x-should-retry")).toBe("false");
  expect(JSON.stringify(body)).not.toContain(KEY);
});

test("without usable keys every request is refused, and the operator is told what to set", async () => {
  const log = vi.spyOn(console, "error").mockImplementation(() => {});
  for (const API_KEYS of [undefined, "", " , \n", "topsecret", "ops:"]) {
    const { status, body } = await models({ "x-api-key": "topsecret" }, { API_KEYS });
    expect(status).toBe(401);
    expect(body.error?.message).toContain("API_KEYS");
    expect(JSON.stringify(body)).not.toContain("topsecret");
  }
  const lines = log.mock.calls.flat().join("\n");
  log.mockRestore();
  expect(lines).toContain("entry 1: ");
  expect(lines).not.toContain("topsecret");
});

test("a digest in API_KEYS opens to its key", async () => {
  const API_KEYS = `ops:sha256:${createHash("sha256").update("hidden").digest("hex")}`;
  expect((await models({ "x-api-key": "hidden" }, { API_KEYS })).status).toBe(200);
  expect((await models({ "x-api-key": API_KEYS.slice(4) }, { API_KEYS })).status).toBe(401);
});

test("anthropic-workspace-id: the own one is fine, a malformed one a 400, a foreign one a 404", async () => {
  const own = (await models({})).headers.get("anthropic-workspace-id") ?? "";
  const foreign = (await models({ "x-api-key": OTHER_KEY })).headers.get("anthropic-workspace-id") ?? "";
  expect(isId("wrkspc", own)).toBe(true);
  expect(foreign).not.toBe(own);
  expect((await models({ "anthropic-workspace-id": own })).status).toBe(200);
  for (const malformed of ["default", "", `${own}x`, `${own},${foreign}`]) {
    const { status, body } = await models({ "anthropic-workspace-id": malformed });
    expect(status).toBe(400);
    expect(body.error).toMatchObject({ type: "invalid_request_error" });
    expect(body.error?.message).toContain("anthropic-workspace-id");
  }
  const { status, body } = await models({ "anthropic-workspace-id": foreign });
  expect({ status, type: body.error?.type }).toEqual({ status: 404, type: "not_found_error" });
});

test("the workspace's id is on every answer but those of environments", async () => {
  const named = async (path: string) => (await call(server, "GET", path)).headers.has("anthropic-workspace-id");
  expect(await named("/v1/agents")).toBe(true);
  expect(await named("/v1/agents/agent_nope")).toBe(true);
  expect(await named("/v1/sessions")).toBe(true);
  expect(await named("/v1/environments")).toBe(false);
});

test("both versions are accepted; none, another, or two are a 400", async () => {
  expect((await models({ "anthropic-version": "2023-06-01" })).status).toBe(200);
  expect((await models({ "anthropic-version": "2026-10-21" })).status).toBe(200);
  for (const version of [null, "", "2024-01-01", "2023-06-01, 2026-10-21"]) {
    const { status, body } = await models({ "anthropic-version": version });
    expect(status).toBe(400);
    expect(body.error?.message).toMatch(/^anthropic-version: .*2023-06-01/);
  }
});

test("without the beta a gated path does not exist; further values do not matter", async () => {
  const get = (beta: string | null) => call(server, "GET", "/v1/agents", undefined, { "anthropic-beta": beta });
  for (const beta of [null, "", "other-2026-01-01", "managed-agents-2026-04-011"]) {
    const { status, body } = await get(beta);
    expect({ status, type: body.error?.type }).toEqual({ status: 404, type: "not_found_error" });
    expect(body.error?.message).toContain("managed-agents-2026-04-01");
  }
  expect((await get("foo-1,managed-agents-2026-04-01, bar-2")).status).toBe(200);
});

test("models need no beta", async () => {
  expect((await models({ "anthropic-beta": null })).status).toBe(200);
});

test.each([
  ["GET", "/v1/nothing"],
  ["GET", "/"],
  ["DELETE", "/v1/agents/agent_x"],
  ["PUT", "/v1/agents"],
  ["PATCH", "/v1/sessions/sesn_x"],
  ["GET", "/v1/agents/"],
  ["GET", "/v1//agents"],
  ["DELETE", "/v1/sessions/sesn_x/events"],
])("%s %s is a 404 that is not retried", async (method, path) => {
  const { status, body, headers } = await call(server, method, path);
  expect(status).toBe(404);
  expect(body.error?.type).toBe("not_found_error");
  expect(headers.get("x-should-retry")).toBe("false");
});

test.each([
  `/v1/agents/${"q".repeat(79)}%F0%9F%98%80`,
  `/v1/nothing/${"q".repeat(107)}%F0%9F%98%80`,
  `/x/sessions/${newId("sesn")}/files/${"q".repeat(78)}%F0%9F%98%80`,
])("a message that quotes a part of a path has whole characters: %.30s", async (path) => {
  const { body } = await call(server, "GET", path);
  expect(body.error?.message).toContain("qqqq");
  expect(body.error?.message.isWellFormed()).toBe(true);
});

test("every answer has a request id, and errors repeat it", async () => {
  const answers = await Promise.all([
    models({}),
    models({ "x-api-key": "wrong" }),
    call(server, "GET", "/v1/nothing"),
    call(server, "GET", "/v1/agents/agent_x"),
    call(server, "GET", "/healthz", undefined, { "x-api-key": null }),
  ]);
  const ids = answers.map(({ headers }) => headers.get("request-id") ?? "");
  expect(ids.every((id) => isId("req", id))).toBe(true);
  expect(new Set(ids).size).toBe(ids.length);
  for (const [i, { status, body }] of answers.entries()) {
    if (status !== 200) expect(body).toMatchObject({ type: "error", request_id: ids[i] });
    else expect(body).not.toHaveProperty("request_id");
  }
});

test("a client cannot choose its request id or its workspace by headers", async () => {
  const { headers } = await models({
    "request-id": "req_forged",
    "x-sinew-workspace": "other",
    "x-forwarded-user": "x",
  });
  expect(headers.get("request-id")).not.toBe("req_forged");
});

test("what nobody expected is a bare 500 and one log line without the request's text", async () => {
  const log = vi.spyOn(console, "error").mockImplementation(() => {});
  const DB = new Proxy(
    {},
    {
      get: () => () => {
        throw new TypeError("near topsecret: syntax error");
      },
    },
  );
  const { status, body, headers } = await call({ env: { ...server.env, DB } as never }, "GET", "/v1/agents");
  const lines = log.mock.calls.map((args) => String(args[0]));
  log.mockRestore();
  expect({ status, type: body.error?.type }).toEqual({ status: 500, type: "api_error" });
  const told = lines.filter((line) => line.includes('"event":"error"'));
  expect(told).toHaveLength(1);
  expect(JSON.parse(told[0] ?? "")).toMatchObject({ request_id: headers.get("request-id"), error: "TypeError" });
  expect(lines.join() + JSON.stringify(body)).not.toContain("topsecret");
});
