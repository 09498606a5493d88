/** `/x/sessions/{id}/files/…` beside a deletion: a machine that it starts again goes with the session (shared design §8). */
import { expect, test } from "vitest";
import type { Outcome } from "../../src/protocol/errors.ts";
import { call, testServer } from "./harness.ts";

const server = testServer();
const PATH = "files/workspace/a.txt";

async function liveSession(): Promise<string> {
  const agent = await call(server, "POST", "/v1/agents", { name: "a", model: "claude-opus-5-5" });
  const environment = await call(server, "POST", "/v1/environments", { name: crypto.randomUUID() });
  const fields = { agent: agent.body.id, environment_id: environment.body.id };
  return String((await call(server, "POST", "/v1/sessions", fields)).body.id);
}

/** A machine that does `meanwhile` while it places or reads a file, and says whether it was removed. */
function machine(meanwhile: () => void): { removed: number } {
  const seen = { removed: 0 };
  const used = async <T>(value: T): Promise<Outcome<T>> => {
    meanwhile();
    return { ok: true, value };
  };
  const sandbox = {
    putFile: () => used(null),
    getFile: () => used(new TextEncoder().encode("1")),
    remove: async () => {
      seen.removed += 1;
    },
  };
  Object.assign(server.env, { SANDBOX: { getByName: () => sandbox } });
  return seen;
}

test.each(["PUT", "GET"])("%s while the session is deleted: 404, and no machine is left behind", async (method) => {
  const id = await liveSession();
  const seen = machine(() => server.objects.sessions.delete(id));
  const { status } = await call(server, method, `/x/sessions/${id}/${PATH}`, method === "PUT" ? "1" : undefined);
  expect([status, seen.removed]).toEqual([404, 1]);
});

test.each(["PUT", "GET"])("%s while the session stays: its machine stays too", async (method) => {
  const id = await liveSession();
  const seen = machine(() => {});
  const { status } = await call(server, method, `/x/sessions/${id}/${PATH}`, method === "PUT" ? "1" : undefined);
  expect([status, seen.removed]).toEqual([200, 0]);
});

test("a session that cannot be read at the moment keeps its machine", async () => {
  const id = await liveSession();
  const seen = machine(() => {
    server.objects.failNext = new Error("unreadable");
  });
  expect([(await call(server, "PUT", `/x/sessions/${id}/${PATH}`, "1")).status, seen.removed]).toEqual([500, 0]);
});
