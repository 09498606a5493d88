import { expect, test, vi } from "vitest";
import { newId } from "../../src/protocol/ids.ts";
import { call, testServer } from "./harness.ts";

const server = testServer();

/** What one exchange writes, by the console's method. */
async function written(LOG: string | undefined, path: string, failure?: Error) {
  const error = vi.spyOn(console, "error").mockImplementation(() => {});
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  server.objects.failNext = failure ?? null;
  await call({ env: { ...server.env, ...(LOG === undefined ? {} : { LOG }) } }, "GET", path);
  const lines = [error, log].map((spy) => spy.mock.calls.map(([line]) => JSON.parse(String(line))));
  error.mockRestore();
  log.mockRestore();
  return { errors: lines[0] ?? [], infos: lines[1] ?? [] };
}

test("a request is one line only where LOG asks for it, with the route's pattern and the session", async () => {
  const id = newId("sesn");
  expect(await written(undefined, `/v1/sessions/${id}`)).toEqual({ errors: [], infos: [] });
  expect(await written("", `/v1/sessions/${id}`)).toEqual({ errors: [], infos: [] });
  const { errors, infos } = await written("info", `/v1/sessions/${id}`);
  expect(errors).toEqual([]);
  expect(infos).toEqual([
    {
      level: "info",
      event: "request",
      request_id: expect.stringMatching(/^req_01/),
      session: id,
      cred: "ops",
      method: "GET",
      route: "/v1/sessions/:session_id",
      status: 404,
      ms: expect.any(Number),
    },
  ]);
});

test("what a client put into a path is not repeated", async () => {
  const { infos } = await written("info", "/v1/sessions/topsecret?topsecret=1");
  expect(infos).toHaveLength(1);
  expect(JSON.stringify(infos)).not.toContain("topsecret");
});

test("a server error is told without the setting, and once", async () => {
  const { errors, infos } = await written(undefined, `/v1/sessions/${newId("sesn")}`, new TypeError("topsecret"));
  expect(infos).toEqual([]);
  expect(errors).toHaveLength(1);
  expect(errors[0]).toMatchObject({
    level: "error",
    event: "error",
    request_id: expect.stringMatching(/^req_01/),
    session: expect.stringMatching(/^sesn_01/),
    error: "TypeError",
  });
  expect(JSON.stringify(errors)).not.toContain("topsecret");
});

test("a session's making is found by the session's id, and a refused key is nobody's", async () => {
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  const info = { env: { ...server.env, LOG: "info" } };
  const agent = (await call(info, "POST", "/v1/agents", { name: "a", model: "rehearsal" })).body.id;
  const environment_id = (await call(info, "POST", "/v1/environments", { name: "logged" })).body.id;
  const { id } = (await call(info, "POST", "/v1/sessions", { agent, environment_id })).body;
  await call(info, "GET", "/v1/agents", undefined, { "x-api-key": "sk-wrong" });
  const lines = log.mock.calls.map(([line]) => JSON.parse(String(line)));
  log.mockRestore();
  expect(lines.map(({ route, session, cred }) => [route, session, cred])).toEqual([
    ["/v1/agents", undefined, "ops"],
    ["/v1/environments", undefined, "ops"],
    ["/v1/sessions", id, "ops"],
    ["/v1/agents", undefined, undefined],
  ]);
});

test("a server error that was answered on purpose is told as a line of its request", async () => {
  const unreadable = { ok: false as const, error: { status: 500, type: "api_error" as const, message: "topsecret" } };
  const objects = { getByName: () => ({ getSession: async () => unreadable }) };
  const error = vi.spyOn(console, "error").mockImplementation(() => {});
  const id = newId("sesn");
  await call({ env: { ...server.env, SESSION: objects as never } }, "GET", `/v1/sessions/${id}`);
  const lines = error.mock.calls.map(([line]) => String(line));
  error.mockRestore();
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({ level: "error", event: "request", session: id, status: 500 });
  expect(lines[0]).not.toContain("topsecret");
});
