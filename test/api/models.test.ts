import { expect, test } from "vitest";
import { ModelInfo } from "../../src/protocol/models.ts";
import { call, testServer } from "./harness.ts";

const server = testServer();
const get = (path: string, env: object = {}) =>
  call({ env: { ...server.env, ...env } as never }, "GET", `/v1/models${path}`);
const idsOf = (data: unknown) => (data as ModelInfo[]).map((model) => model.id);

test("the list goes both ways by id", async () => {
  const all = (await get("?limit=1000")).body;
  const ids = idsOf(all.data);
  expect(ids.length).toBeGreaterThan(5);
  expect(all).toMatchObject({ has_more: false, first_id: ids[0], last_id: ids.at(-1) });
  const first = (await get("?limit=3")).body;
  expect(idsOf(first.data)).toEqual(ids.slice(0, 3));
  expect(first.has_more).toBe(true);
  const next = (await get(`?limit=1000&after_id=${first.last_id}`)).body;
  expect(idsOf(next.data)).toEqual(ids.slice(3));
  expect(next.has_more).toBe(false);
  const back = (await get(`?limit=2&before_id=${ids[3]}`)).body;
  expect(idsOf(back.data)).toEqual(ids.slice(1, 3));
  expect(back.has_more).toBe(true);
  expect((await get(`?limit=5&before_id=${ids[3]}`)).body).toMatchObject({ has_more: false, first_id: ids[0] });
});

test("one model is read by its id or an alias", async () => {
  const { body } = await get("/claude-opus-5-5");
  expect(body).toMatchObject({ type: "model", id: "claude-opus-5-5" });
  expect(ModelInfo.parse(body).id).toBe("claude-opus-5-5");
  for (const id of ["nothing", "claude-opus", "%27", "__proto__"]) expect((await get(`/${id}`)).status).toBe(404);
});

test("the rehearsal exists only where it is offered", async () => {
  expect((await get("/rehearsal")).status).toBe(200);
  expect((await get("/rehearsal", { REHEARSAL: undefined })).status).toBe(404);
  expect(idsOf((await get("?limit=1000", { REHEARSAL: "0" })).body.data)).not.toContain("rehearsal");
});

test("a model of a provider's row can be named, one without a row cannot", async () => {
  const row = { match: ["acme-*"], base_url: "https://models.acme.example", key_binding: "ACME_KEY" };
  const make = (model: string, PROVIDERS?: string) =>
    call({ env: { ...server.env, PROVIDERS } as never }, "POST", "/v1/agents", { name: "a", model });
  const taken = await make("acme-1", JSON.stringify([row]));
  expect(taken.status).toBe(200);
  expect(taken.body.model).toEqual({ id: "acme-1", speed: "standard" });
  expect((await make("acme-1")).status).toBe(400);
  expect((await make("other-1", JSON.stringify([row]))).status).toBe(400);
  expect((await make("claude-nothing-9", JSON.stringify([row]))).status).toBe(400);
  const malformed = await make("acme-1", JSON.stringify([{ ...row, api_key: "sk-secret" }]));
  expect(malformed.status).toBe(500);
  expect(malformed.headers.get("x-should-retry")).toBe("false");
  expect(malformed.body.error?.message).toContain("PROVIDERS.0");
  expect(malformed.body.error?.message).not.toContain("secret");
  expect((await make("claude-opus-5-5", "nonsense")).status).toBe(200);
});

test.each(["after_id", "before_id"])("the list refuses %s of a model that is not there", async (name) => {
  const { status, body } = await get(`?${name}=nothing`);
  expect([status, body.error?.message]).toEqual([400, `${name}: no model of this list has this id`]);
});
