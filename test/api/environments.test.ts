import { expect, test } from "vitest";
import { Environment } from "../../src/protocol/environments.ts";
import { newId } from "../../src/protocol/ids.ts";
import { call, OTHER_KEY, testServer } from "./harness.ts";

const server = testServer();
const OTHER = { "x-api-key": OTHER_KEY };
const make = (fields: object, headers = {}) => call(server, "POST", "/v1/environments", fields, headers);
const get = (path: string, headers = {}) => call(server, "GET", `/v1/environments${path}`, undefined, headers);
const archive = (id: unknown, headers = {}) =>
  call(server, "POST", `/v1/environments/${id}/archive`, undefined, headers);

test("create echoes the expanded form", async () => {
  const { status, body } = await make({ name: "plain", config: { type: "cloud" } });
  expect(status).toBe(200);
  expect(Environment.parse(body)).toEqual(body);
  expect(body).toMatchObject({
    type: "environment",
    name: "plain",
    description: null,
    config: {
      type: "cloud",
      networking: { type: "unrestricted" },
      packages: { type: "packages", apt: [], cargo: [], gem: [], go: [], npm: [], pip: [] },
    },
    scope: "organization",
    state: "active",
    metadata: {},
    archived_at: null,
  });
  expect((await get(`/${body.id}`)).body).toEqual(body);
});

test("a name is unique among the live ones of its workspace", async () => {
  const { body } = await make({ name: "taken" });
  const second = await make({ name: "taken" });
  expect({ status: second.status, type: second.body.error?.type }).toEqual({
    status: 409,
    type: "invalid_request_error",
  });
  expect(second.body.error?.message).toMatch(/^name: /);
  expect(second.headers.get("x-should-retry")).toBe("false");
  expect((await make({ name: "taken" }, OTHER)).status).toBe(200);
  await archive(body.id);
  expect((await make({ name: "taken" })).status).toBe(200);
});

test.each([
  [{}, "name: ", undefined],
  [{ name: "" }, "name: ", undefined],
  [{ name: "x", bogus: 1 }, "bogus: ", undefined],
  [{ name: "x", config: { type: "moon" } }, "config.type: ", undefined],
  [{ name: "x", config: { type: "self_hosted", networking: {} } }, "config.networking: ", undefined],
  [
    { name: "x", config: { type: "cloud", networking: { type: "limited" }, packages: { pip: ["p"] } } },
    "config.packages: ",
    undefined,
  ],
  [{ name: "x", scope: "account" }, "scope: ", undefined],
  [{ name: "x", metadata: { k: "v".repeat(513) } }, "metadata.k: ", "invalid_metadata"],
])("create with %j is a 400 at its path that is not retried", async (fields, path, code) => {
  const { status, body, headers } = await make(fields);
  expect({ status, type: body.error?.type }).toEqual({ status: 400, type: "invalid_request_error" });
  expect(body.error?.message.startsWith(path)).toBe(true);
  expect(body.error?.details?.error_code).toBe(code);
  expect(headers.get("x-should-retry")).toBe("false");
});

test("archiving is one-way, twice is fine, and lists hide it", async () => {
  const { body } = await make({ name: "old" });
  const first = await archive(body.id);
  expect(first.body).toMatchObject({ state: "archived" });
  expect((await archive(body.id)).body).toEqual(first.body);
  const names = async (query: string) => ((await get(query)).body.data as Environment[]).map((one) => one.name);
  expect(await names("?limit=100")).not.toContain("old");
  expect(await names("?limit=100&include_archived=true")).toContain("old");
});

test("unknown and foreign ids are the same 404", async () => {
  const { body } = await make({ name: "mine" });
  for (const id of [newId("env"), newId("agent"), "env_x", "%27"]) expect((await get(`/${id}`)).status).toBe(404);
  expect((await get(`/${body.id}`, OTHER)).status).toBe(404);
  expect((await archive(body.id, OTHER)).status).toBe(404);
  expect((await get(`/${body.id}`)).body).toEqual(body);
  const theirs = (await get("?limit=100", OTHER)).body.data as Environment[];
  expect(theirs.some((one) => one.id === body.id)).toBe(false);
});

test("a list pages newest first", async () => {
  const other = { "x-api-key": OTHER_KEY };
  for (const name of ["p1", "p2", "p3"]) await make({ name }, other);
  const first = (await get("?limit=2", other)).body;
  expect((first.data as Environment[]).map((one) => one.name)).toEqual(["p3", "p2"]);
  const next = (await get(`?limit=1&page=${first.next_page}`, other)).body;
  expect((next.data as Environment[]).map((one) => one.name)).toEqual(["p1"]);
});
