/** Every route refuses what its value says, before its handler: asserted here once for all of them (spec/core.md §1.1, §1.4, §1.6). */
import { expect, test } from "vitest";
import { createApp, ROUTES } from "../../src/api/app.ts";
import { parametersOf, type Route, route } from "../../src/api/route.ts";
import { AgentUpdate, agentListQuery } from "../../src/protocol/agents.ts";
import { newId } from "../../src/protocol/ids.ts";
import { check } from "../../src/protocol/validation.ts";
import { type Answer, CONTEXT, call, KEY, OTHER_KEY, testServer } from "./harness.ts";
import { refusalsOf, unrefused } from "./refusals.ts";

const server = testServer();
const named = (routes: Route[]) => routes.map((each) => [`${each.method} ${each.path}`, each] as const);
const built = ROUTES.filter(({ method, group }) => method !== "ALL" && group.gate !== "open");

test.each(named(built))("%s", async (_, each) => {
  expect(await unrefused(server.env, each, refusalsOf(each))).toEqual([]);
  expect(server.objects.calls).toEqual([]);
  if (typeof each.body === "object") expect(check(each.body, each.example)).toMatchObject({ ok: true });
});

test("a route that forgets its checks is found, each by its name", async () => {
  const facts = {
    id: "none",
    summary: "None",
    method: "POST",
    path: "/v1/agents/{agent_id}",
    body: AgentUpdate,
  } as const;
  const told = {
    ...facts,
    group: ROUTES[0]!.group,
    bodyName: "agent",
    example: {},
    answer: AgentUpdate,
    query: agentListQuery,
  };
  const careful = route({ ...told, handle: () => ({}) });
  const refusals = refusalsOf(careful);
  expect(await unrefused(server.env, careful, refusals)).toEqual([]);
  const open = { ...told, group: { ...told.group, gate: "open" as const }, serve: () => new Response("{}") };
  const found = await unrefused(server.env, open, refusals);
  expect(found).toHaveLength(refusals.length);
  expect([...new Set(found.map((line) => line.replace(/(?<=^agent_id) .*|(?<=^\?[^=]+)=.*|:.*/, "")))]).toEqual([
    ...["no key", "a wrong key", "an operator's key", "no version", "no beta", "an unknown parameter"],
    ...["?limit", "?page", "?include_archived", "?created_at[gte]", "?created_at[lte]", "agent_id"],
    ...["no body", "half a body", "a list", "a form", "an unknown field"],
  ]);
});

test("another workspace's things, and what never was, are the same 404; nothing comes of asking", async () => {
  const post = async (path: string, body: object) => String((await call(server, "POST", path, body)).body.id);
  const agent_id = await post("/v1/agents", { name: "mine", model: "rehearsal" });
  const environment_id = await post("/v1/environments", { name: "mine" });
  const session_id = await post("/v1/sessions", { agent: agent_id, environment_id });
  const [thread] = (await call(server, "GET", `/v1/sessions/${session_id}/threads`)).body.data as { id: string }[];
  const own: Record<string, string> = { agent_id, environment_id, session_id, thread_id: thread?.id ?? "" };
  const fresh: Record<string, string> = {
    ...{ agent_id: newId("agent"), environment_id: newId("env"), session_id: newId("sesn") },
  };
  const ask = (each: Route, ids: Record<string, string>, key: string) => {
    const path = each.path.replace(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? own[name] ?? "workspace/a");
    const headers = { "x-api-key": key, upgrade: each.answer === "socket" ? "websocket" : null };
    const body = each.method === "GET" ? undefined : (each.example ?? {});
    return call(server, each.method, path, body, headers);
  };
  const things = ["agent", "environment", "session"].flatMap((name) => [`/v1/${name}s/${own[`${name}_id`]}`]);
  const look = () => Promise.all(things.map(async (path) => (await call(server, "GET", path)).body));
  const before = await look();
  const owned = built.filter(
    ({ path, group, answer }) =>
      /_id\}/.test(path) && !/model_id/.test(path) && answer !== "later" && group.gate !== "operator",
  );
  expect(owned.length).toBeGreaterThan(20);
  // A stranger comes first: a deletion by the owner ends the comparison.
  for (const each of owned) {
    const [name = ""] = parametersOf(each.path);
    const foreign = await ask(each, own, OTHER_KEY);
    const none = await ask(each, fresh, KEY);
    const told = ({ status, headers, body: { error } }: Answer, id = "") => ({
      ...{ status, retry: headers.get("x-should-retry"), type: error?.type },
      message: error?.message.replace(id, "<id>"),
    });
    expect(told(foreign, own[name]), each.id).toEqual(told(none, fresh[name]));
    expect(foreign.status, each.id).toBe(404);
    // The hosted API lets a reader of environments try again, and nobody else (spec/core.md §1.2).
    const final = each.group.finalRefusals && each.method !== "GET";
    expect(foreign.headers.get("x-should-retry"), each.id).toBe(final ? "false" : null);
  }
  expect(await look()).toEqual(before);
});

test("what older SDKs append to every request is let through: beta=true (spec/core.md §1.8)", async () => {
  for (const { method, path, answer } of built) {
    if (method !== "GET" || answer === "socket") continue;
    const { body } = await call(server, method, `${path.replace(/\{\w+\}/g, "x")}?beta=true`);
    expect(body.error?.message ?? "", path).not.toContain("unknown key");
  }
});

test("what needs no key takes any query: monitors and caches append some", async () => {
  for (const { path } of ROUTES.filter(({ group }) => group.gate === "open"))
    expect((await createApp().request(`${path}?x=1`, {}, server.env, CONTEXT)).status, path).toBe(200);
});

test.each(named(ROUTES.filter(({ answer }) => answer === "later")))("%s is refused by its name", async (_, each) => {
  const whole = each.method === "ALL";
  const path = each.path.replace(/\{\w+\}/g, "x");
  for (const [method, below] of whole
    ? ([
        ["GET", ""],
        ["POST", "/"],
        ["PATCH", "/x/y"],
      ] as const)
    : ([[each.method, ""]] as const)) {
    const { status, body, headers } = await call(server, method, path + below, method === "GET" ? undefined : {});
    expect([status, body.error?.type]).toEqual(whole ? [404, "not_found_error"] : [400, "invalid_request_error"]);
    expect(body.error?.message).toMatch(
      whole ? `does not have ${each.summary} yet` : /is not supported by this version/,
    );
    expect(headers.get("x-should-retry")).toBe(whole ? "false" : null);
  }
  expect((await call(server, "GET", `${path}s`)).body.error?.message).toMatch(/^there is no GET/);
});

test("the app has no route but these, and what answers unknown paths", () => {
  const own = createApp().routes.filter(({ path }) => !path.includes("*"));
  expect(new Set(own.map(({ method, path }) => `${method} ${path.replace(/:(\w+)(\{\.\+\})?/g, "{$1}")}`))).toEqual(
    new Set(ROUTES.filter(({ method }) => method !== "ALL").map(({ method, path }) => `${method} ${path}`)),
  );
});
