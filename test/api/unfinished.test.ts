/** Creates that the object did not finish: what is left in the catalog and the bucket, and what the repeat of the request finds. */
import { beforeAll, expect, test, vi } from "vitest";
import { call, testServer } from "./harness.ts";

const server = testServer();
let agent = "";
let environment = "";

const post = (path: string, body: unknown, headers = {}) => call(server, "POST", path, body, headers);
const create = (fields: object, headers = {}) =>
  post("/v1/sessions", { agent, environment_id: environment, ...fields }, headers);

beforeAll(async () => {
  agent = String((await post("/v1/agents", { name: "a", model: "claude-opus-5-5" })).body.id);
  environment = String((await post("/v1/environments", { name: "e" })).body.id);
});

test("an object that cannot be opened may hold the session: its row stays, and the repeat completes it", async () => {
  const { objects } = server;
  const found = objects.getByName.bind(objects);
  const error = { status: 500, type: "api_error", message: "the session could not be opened" } as const;
  const spied = vi
    .spyOn(objects, "getByName")
    .mockImplementationOnce((id) => ({ ...found(id), create: async () => ({ ok: false, error }) }));
  const first = await create({ title: "not opened" }, { "idempotency-key": "not-opened" });
  spied.mockRestore();
  expect(first.status).toBe(500);
  const { results } = await server.env.DB.prepare("SELECT id FROM sessions WHERE title = 'not opened'").all();
  expect(results).toHaveLength(1);
  const again = await create({ title: "not opened" }, { "idempotency-key": "not-opened" });
  expect({ status: again.status, id: again.body.id }).toEqual({ status: 200, id: results[0]?.id });
});

test("an object that refuses leaves no content that was uploaded for it", async () => {
  const { BLOBS } = server.env;
  const held = async () => (await BLOBS.list()).objects.map((one) => one.key);
  const before = await held();
  const uploaded: string[][] = [];
  const { objects } = server;
  const found = objects.getByName.bind(objects);
  const spied = vi.spyOn(objects, "getByName").mockImplementationOnce((id) => {
    const object = found(id);
    const refuses: typeof object.create = async (...all) => {
      await BLOBS.put(`sessions/${id}/content`, "long");
      uploaded.push(await held());
      return object.create(...all);
    };
    return { ...object, create: refuses };
  });
  objects.refuseNext = true;
  expect((await create({ title: "refused" })).status).toBe(400);
  spied.mockRestore();
  expect(uploaded).toEqual([[...before, expect.stringMatching(/^sessions\/sesn_.*content$/)]]);
  expect(await held()).toEqual(before);
});
