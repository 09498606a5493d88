import { expect, test } from "vitest";
import { Environment } from "../../src/protocol/environments.ts";
import { newId } from "../../src/protocol/ids.ts";
import { call, OTHER_KEY, testServer } from "./harness.ts";

const server = testServer();
const OTHER = { "x-api-key": OTHER_KEY };
const make = (fields: object, headers = {}) => call(server, "POST", "/v1/environments", fields, headers);
const get = (path: string, headers = {}) => call(server, "GET", `/v1/environments${path}`, undefined, headers);
const update = (id: unknown, fields: object, headers = {}) =>
  call(server, "POST", `/v1/environments/${id}`, fields, headers);
const remove = (id: unknown, headers = {}) => call(server, "DELETE", `/v1/environments/${id}`, undefined, headers);
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

const NONE = { type: "packages", apt: [], cargo: [], gem: [], go: [], npm: [], pip: [] };
const cloud = (networking: object = { type: "unrestricted" }, packages: object = {}) => ({
  type: "cloud",
  networking,
  packages: { ...NONE, ...packages },
});

test.each<[string, object, object]>([
  ["self-hosted", { type: "self_hosted" }, { type: "self_hosted" }],
  [
    "limited networking, closed unless opened",
    { type: "cloud", networking: { type: "limited" } },
    cloud({ type: "limited", allowed_hosts: [], allow_mcp_servers: false, allow_package_managers: false }),
  ],
  [
    "hosts, and null as left out",
    {
      type: "cloud",
      networking: { type: "limited", allowed_hosts: ["example.com", "*.example.com"], allow_mcp_servers: true },
      packages: null,
    },
    cloud({
      type: "limited",
      allowed_hosts: ["example.com", "*.example.com"],
      allow_mcp_servers: true,
      allow_package_managers: false,
    }),
  ],
  [
    "packages",
    { type: "cloud", packages: { pip: ["polars==1.0"], apt: null } },
    cloud(undefined, { pip: ["polars==1.0"] }),
  ],
  [
    "packages behind limited networking that lets them in",
    { type: "cloud", networking: { type: "limited", allow_package_managers: true }, packages: { npm: ["zod"] } },
    cloud(
      { type: "limited", allowed_hosts: [], allow_mcp_servers: false, allow_package_managers: true },
      { npm: ["zod"] },
    ),
  ],
])("%s is stored in its expanded form", async (name, config, expanded) => {
  const { status, body } = await make({ name, config });
  expect([status, body.config]).toEqual([200, expanded]);
  expect(Environment.parse(body)).toEqual(body);
  expect((await get(`/${body.id}`)).body).toEqual(body);
  // What was answered can be sent again: nothing changes.
  expect((await update(body.id, { config: body.config })).body).toEqual(body);
});

test("an update keeps what it leaves out, and without an effect changes nothing", async () => {
  const packages = { pip: ["polars"], apt: ["jq"] };
  const { body } = await make({
    name: "kept",
    description: "d",
    metadata: { a: "1" },
    config: { type: "cloud", packages },
  });
  for (const fields of [
    {},
    { name: null, scope: null, config: null },
    { name: "kept", description: "d", metadata: { a: "1", gone: null } },
    { config: { type: "cloud" } },
    { config: { type: "cloud", networking: null, packages: null } },
    { config: { type: "cloud", packages: { pip: ["polars"] } } },
  ])
    expect((await update(body.id, fields)).body).toEqual(body);
  const renamed = await update(body.id, { name: "kept anew" });
  expect(renamed.body).toEqual({ ...body, name: "kept anew", updated_at: renamed.body.updated_at });
  expect(String(renamed.body.updated_at) > String(body.updated_at)).toBe(true);
  expect((await get(`/${body.id}`)).body).toEqual(renamed.body);
});

test("a description is cleared by null and stored when empty; metadata is deleted by both", async () => {
  const { body } = await make({ name: "texts", description: "d", metadata: { a: "1", b: "2", c: "3" } });
  expect((await update(body.id, { description: "" })).body.description).toBe("");
  expect((await update(body.id, { description: null })).body.description).toBeNull();
  const patched = await update(body.id, { metadata: { a: null, b: "", d: "4" } });
  expect(patched.body.metadata).toEqual({ c: "3", d: "4" });
  const many = Object.fromEntries(Array.from({ length: 15 }, (_, i) => [`k${i}`, "v"]));
  const over = await update(body.id, { metadata: many });
  expect([over.status, over.body.error?.details?.error_code]).toEqual([400, "invalid_metadata"]);
  expect(over.body.error?.message).toMatch(/^metadata: .*16 pairs/);
  expect((await update(body.id, { metadata: { ...many, c: null } })).status).toBe(200);
});

test("networking and packages change by part; another policy begins from its defaults", async () => {
  const { body } = await make({ name: "nets", config: { type: "cloud", packages: { pip: ["polars"] } } });
  const set = async (config: object) => (await update(body.id, { config: { type: "cloud", ...config } })).body.config;
  const limited = {
    type: "limited",
    allowed_hosts: ["a.example"],
    allow_mcp_servers: false,
    allow_package_managers: true,
  };
  const { allow_mcp_servers: _, ...sent } = limited;
  expect(await set({ networking: sent })).toEqual(cloud(limited, { pip: ["polars"] }));
  expect(await set({ networking: { type: "limited", allow_mcp_servers: true } })).toEqual(
    cloud({ ...limited, allow_mcp_servers: true }, { pip: ["polars"] }),
  );
  expect(await set({ packages: { npm: ["zod"] } })).toMatchObject({
    packages: { ...NONE, pip: ["polars"], npm: ["zod"] },
  });
  const closed = await update(body.id, {
    config: { type: "cloud", networking: { type: "limited", allow_package_managers: false } },
  });
  expect([closed.status, closed.body.error?.message.split(":")[0]]).toEqual([400, "config.packages"]);
  expect(
    await set({ packages: { npm: [], pip: [] }, networking: { type: "limited", allow_package_managers: false } }),
  ).toEqual(cloud({ ...limited, allow_mcp_servers: true, allow_package_managers: false }));
  const packed = await update(body.id, { config: { type: "cloud", packages: { go: ["x"] } } });
  expect([packed.status, packed.body.error?.message.split(":")[0]]).toEqual([400, "config.packages"]);
  expect(await set({ networking: { type: "unrestricted" } })).toEqual(cloud());
  expect(await set({ networking: { type: "limited" } })).toEqual(
    cloud({ type: "limited", allowed_hosts: [], allow_mcp_servers: false, allow_package_managers: false }),
  );
});

test("what cannot be updated says why, and is not retried", async () => {
  const { body } = await make({ name: "fixed" });
  const hosted = (await make({ name: "hosted", config: { type: "self_hosted" } })).body;
  const expectRefusal = async (answer: ReturnType<typeof update>, status: number, path: string, code?: string) => {
    const { status: found, body: wrong, headers } = await answer;
    expect([found, wrong.error?.type, wrong.error?.details?.error_code]).toEqual([
      status,
      status === 404 ? "not_found_error" : "invalid_request_error",
      code,
    ]);
    expect(wrong.error?.message.startsWith(path)).toBe(true);
    expect(headers.get("x-should-retry")).toBe("false");
  };
  await expectRefusal(
    update(body.id, { config: { type: "self_hosted" } }),
    400,
    "config.type: is cloud",
    "invalid_config_type_change",
  );
  await expectRefusal(
    update(hosted.id, { config: { type: "cloud" } }),
    400,
    "config.type: is self_hosted",
    "invalid_config_type_change",
  );
  await expectRefusal(update(body.id, { name: "hosted" }), 409, "name: ");
  await expectRefusal(update(body.id, { scope: "account" }), 400, "scope: ");
  await expectRefusal(update(body.id, { description: "x".repeat(300_000) }), 400, "config: ");
  await expectRefusal(make({ name: "huge", description: "x".repeat(300_000) }), 400, "config: ");
  await expectRefusal(update(newId("env"), { name: "x" }), 404, "environment ", "environment_not_found");
  expect((await get(`/${body.id}`)).body).toEqual(body);
  await archive(body.id);
  await expectRefusal(update(body.id, { name: "x" }), 400, "environment ", "environment_archived");
  await expectRefusal(update(body.id, {}), 400, "environment ", "environment_archived");
  expect((await update(hosted.id, { name: "fixed" })).status).toBe(200);
});

test("concurrent updates all land", async () => {
  const { body } = await make({ name: "raced" });
  const numbers = Array.from({ length: 6 }, (_, i) => i);
  const answers = await Promise.all(numbers.map((n) => update(body.id, { metadata: { [`k${n}`]: "v" } })));
  expect(answers.map((answer) => answer.status)).toEqual(numbers.map(() => 200));
  expect(new Set(answers.map((answer) => answer.body.updated_at)).size).toBe(6);
  expect((await get(`/${body.id}`)).body.metadata).toEqual(Object.fromEntries(numbers.map((n) => [`k${n}`, "v"])));
});

test("two that take one name at the same time: one gets it", async () => {
  const made = [await make({ name: "n1" }), await make({ name: "n2" })];
  const answers = await Promise.all(made.map(({ body }) => update(body.id, { name: "wanted" })));
  expect(answers.map((answer) => answer.status).sort()).toEqual([200, 409]);
});

test("an environment is deleted unless a session refers to it, whatever that session's state", async () => {
  const { body } = await make({ name: "used" });
  const agent = (await call(server, "POST", "/v1/agents", { name: "a", model: "rehearsal" })).body.id;
  const session = (await call(server, "POST", "/v1/sessions", { agent, environment_id: body.id })).body;
  const used = await remove(body.id);
  expect([used.status, used.body.error?.type, used.headers.get("x-should-retry")]).toEqual([
    409,
    "invalid_request_error",
    "false",
  ]);
  expect(used.body.error?.message).toContain("is used by sessions");
  await call(server, "POST", `/v1/sessions/${session.id}/archive`);
  expect((await remove(body.id)).status).toBe(409);
  expect((await get(`/${body.id}`)).body).toEqual(body);
  await call(server, "DELETE", `/v1/sessions/${session.id}`);
  expect((await remove(body.id, OTHER)).status).toBe(404);
  expect((await remove(body.id)).body).toEqual({ type: "environment_deleted", id: body.id });
  for (const again of [await remove(body.id), await get(`/${body.id}`), await update(body.id, { name: "x" })])
    expect([again.status, again.body.error?.details?.error_code]).toEqual([404, "environment_not_found"]);
  expect((await call(server, "POST", "/v1/sessions", { agent, environment_id: body.id })).status).toBe(404);
  expect((await make({ name: "used" })).status).toBe(200);
});

test("an archived environment can be deleted too", async () => {
  const { body } = await make({ name: "old and unused" });
  await archive(body.id);
  expect((await remove(body.id)).body).toEqual({ type: "environment_deleted", id: body.id });
});

test("of a delete and a create of a session at the same time one is refused", async () => {
  const agent = (await call(server, "POST", "/v1/agents", { name: "a", model: "rehearsal" })).body.id;
  for (let i = 0; i < 6; i++) {
    const { body } = await make({ name: `raced ${i}` });
    const create = () => call(server, "POST", "/v1/sessions", { agent, environment_id: body.id });
    const both = i % 2 === 0 ? [remove(body.id), create()] : [create(), remove(body.id)];
    const statuses = (await Promise.all(both)).map(({ status }) => status);
    const [removed, created] = i % 2 === 0 ? statuses : statuses.toReversed();
    expect([
      [200, 404],
      [409, 200],
    ]).toContainEqual([removed, created]);
    const left = (await get(`/${body.id}`)).status;
    expect(left).toBe(removed === 200 ? 404 : 200);
  }
});

test("a list pages newest first, and only through its own workspace", async () => {
  const mine = (await make({ name: "mine" })).body.id;
  const other = { "x-api-key": OTHER_KEY };
  for (const name of ["p1", "p2", "p3"]) await make({ name }, other);
  const first = (await get("?limit=2", other)).body;
  expect((first.data as Environment[]).map((one) => one.name)).toEqual(["p3", "p2"]);
  const next = (await get(`?limit=1&page=${first.next_page}`, other)).body;
  expect((next.data as Environment[]).map((one) => one.name)).toEqual(["p1"]);
  const theirs = (await get("?limit=100", other)).body.data as Environment[];
  expect(theirs.some((one) => one.id === mine)).toBe(false);
});
