/** What the conformance table is made with: the tests of the table itself run against the Worker. */
import { APIError } from "@anthropic-ai/sdk";
import { expect, test } from "vitest";
import { ROUTES } from "../../../src/api/app.ts";
import type { Route } from "../../../src/api/route.ts";
import { inferred, tagsOf } from "./inferred.ts";
import { shape, works } from "./probe.ts";
import type { Scene } from "./scene.ts";
import { BEGIN, END, type Row, reaches, render, replaced, routeOf, rowOf } from "./table.ts";

const ROWS: Row[] = [
  { method: "agents.create", request: "POST /v1/agents", verdict: "yes", note: "" },
  { method: "sessions.create", request: "POST /v1/sessions", verdict: "partial", note: "without vaults" },
  { method: "webhooks.unwrap", request: null, verdict: "not yet", note: "client" },
];
const nowhere = {} as Scene;

function refusal(message: string): Promise<never> {
  return Promise.reject(
    APIError.generate(404, { error: { type: "not_found_error", message } }, message, new Headers()),
  );
}

test("counts and rows", () => {
  const block = render("1.0.0", ROWS, 7);
  expect(block).toContain("Of the 3 methods");
  expect(block).toContain("**1 work**, 1 work in part and 1 are not there yet");
  expect(block).toContain("`@inferred`: 7 places");
  expect(block).toContain("| sessions | 0 | 1 | 0 |");
  expect(block).toContain("| `webhooks.unwrap` | none | not yet | client |");
});

test("a row is what the route's value says, and another request is none of it", () => {
  const route = (method: string) => routeOf(ROUTES, method) as Route;
  expect(rowOf(route("agents.versions.list"), "agents.versions.list", "seen")).toEqual({
    ...{ method: "agents.versions.list", request: "GET /v1/agents/{id}/versions", verdict: "yes", note: "" },
  });
  expect(rowOf(route("sessions.update"), "sessions.update", "seen")).toMatchObject({
    ...{ request: "POST /v1/sessions/{id}", verdict: "partial", note: "without MCP servers" },
  });
  expect(rowOf(route("sessions.threads.archive"), "sessions.threads.archive", "seen")).toMatchObject({
    ...{ request: "POST /v1/sessions/{id}/threads/{id}/archive", verdict: "not yet" },
  });
  expect(rowOf(route("vaults.credentials.list"), "vaults.credentials.list", "seen")).toMatchObject({
    ...{ request: "seen", verdict: "not yet" },
  });
  expect(routeOf(ROUTES, "agents.rename")).toBeUndefined();
  expect(routeOf(ROUTES, "vaultsome.list")).toBeUndefined();
  expect(reaches(route("agents.update"), "POST", "/v1/agents/x")).toBe(true);
  for (const [method, path] of [
    ["GET", "/v1/agents/x"],
    ["POST", "/v1/agents/x/y"],
    ["POST", "/v1/agents"],
  ] as const)
    expect(reaches(route("agents.update"), method, path)).toBe(false);
  expect(reaches(route("vaults.create"), "POST", "/v1/vaults")).toBe(true);
  expect(reaches(route("vaults.create"), "POST", "/v1/vaultsome")).toBe(false);
});

test("the block takes its place in README, and only there", () => {
  const readme = `before\n${BEGIN}\nold\n${END}\nafter`;
  expect(replaced(readme, "new")).toBe(`before\n${BEGIN}\nnew\n${END}\nafter`);
  expect(() => replaced("no markers", "new")).toThrow(BEGIN);
  expect(() => replaced(`${END}${BEGIN}`, "new")).toThrow(BEGIN);
});

test("only a refusal by name counts as not there yet", async () => {
  expect(await works(() => Promise.resolve(1), nowhere)).toBe(true);
  expect(await works(() => refusal("this version of Sinew does not have vaults yet"), nowhere)).toBe(false);
  expect(await works(() => refusal("budget: x is not supported by this version of Sinew yet"), nowhere)).toBe(false);
  await expect(works(() => refusal("vlt_01 was not found"), nowhere)).rejects.toThrow("not found");
  await expect(works(() => Promise.reject(new Error("fetch failed")), nowhere)).rejects.toThrow("fetch failed");
});

test("ids are masked in a request's shape", () => {
  expect(shape("GET", "/v1/sessions/sesn_01a/threads/sthr_02B/events")).toBe(
    "GET /v1/sessions/{id}/threads/{id}/events",
  );
  expect(shape("POST", "/v1/user_profiles/uprof_01/action_urls")).toBe("POST /v1/user_profiles/{id}/action_urls");
  expect(shape("GET", "/v1/skills/skill_01/versions/1")).toBe("GET /v1/skills/{id}/versions/{version}");
});

test("inferred rules are found by their tag, in comments", async () => {
  expect(tagsOf("/** @inferred why */\nno tag, inferred")).toEqual(["/** @inferred why */"]);
  const comment = /^(\/\*\*|\*|\/\/)/;
  expect((await inferred()).filter(({ text }) => !comment.test(text))).toEqual([]);
});
