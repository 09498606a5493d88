/** Every route of the API refuses a query parameter that it does not know (spec/core.md §1.4). */
import { beforeAll, expect, test } from "vitest";
import { createApp } from "../../src/api/app.ts";
import { newId } from "../../src/protocol/ids.ts";
import { type Answer, call, testServer } from "./harness.ts";

const server = testServer();
/** Well-formed ids, so that no route stops at them. */
const PREFIX = { agents: "agent", environments: "env", sessions: "sesn" } as const;
const OPERATOR = "sk-operator";
const MODEL = "claude-opus-5-5";

const ROUTES = createApp().routes.filter(({ method, path }) => method !== "ALL" && /^\/(v1|x)\//.test(path));
const names = [...new Set(ROUTES.map(({ method, path }) => `${method} ${path}`))];

let sessionId = "";
beforeAll(async () => {
  const agent = (await call(server, "POST", "/v1/agents", { name: "a", model: MODEL })).body.id;
  const environment_id = (await call(server, "POST", "/v1/environments", { name: "e" })).body.id;
  sessionId = String((await call(server, "POST", "/v1/sessions", { agent, environment_id })).body.id);
});

function concrete(path: string): string {
  if (path.startsWith("/x/")) return path.replace(":id", sessionId).replace(":path{.+}", "workspace/a.txt");
  const resource = path.split("/")[2] as keyof typeof PREFIX | "models";
  const id = resource === "models" ? MODEL : resource === "sessions" ? sessionId : newId(PREFIX[resource]);
  return path.replace(":thread", newId("sthr")).replace(":id", id);
}

test("the app says which routes it has", () => {
  expect(names.length).toBeGreaterThan(20);
  expect(names).toContain("POST /v1/sessions/:id/events");
});

test.each(names)("%s", async (name) => {
  const [method = "", path = ""] = name.split(" ");
  const ask = (query: string): Promise<Answer> =>
    call(
      { env: { ...server.env, OPERATOR_KEYS: `night:${OPERATOR}` } },
      method,
      `${concrete(path)}?${query}`,
      method === "POST" ? {} : undefined,
      path.startsWith("/x/operator") ? { "x-api-key": OPERATOR } : {},
    );
  const unknown = await ask("bogus=1");
  expect([unknown.status, unknown.body.error?.message]).toEqual([400, "bogus: unknown key; remove it"]);
  // What SDKs before 1.3.0 append is no reason; they know no socket.
  if (path.endsWith("/socket")) return;
  expect((await ask("beta=true")).body.error?.message ?? "").not.toContain("unknown key");
});
