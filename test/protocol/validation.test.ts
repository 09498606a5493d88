import { describe, expect, test } from "vitest";
import type { z } from "zod";
import { AgentUpdate } from "../../src/protocol/agents.ts";
import { EnvironmentCreate } from "../../src/protocol/environments.ts";
import { EventSend } from "../../src/protocol/events.ts";
import { SessionCreate } from "../../src/protocol/sessions.ts";
import { check, namedPath, pathText } from "../../src/protocol/validation.ts";
import { refusal } from "./check.ts";

describe("a validation message", () => {
  test("begins with the prefix, where there is one", () => {
    const outcome = check(AgentUpdate, { name: "" }, "agent");
    expect(outcome).toEqual({
      ok: false,
      error: { status: 400, type: "invalid_request_error", message: "agent.name: must not be empty" },
    });
  });

  test.each<[unknown, string]>([
    [3, "the request body must be an object, is a number"],
    [null, "the request body must be an object, is null"],
    [[], "the request body must be an object, is an array"],
    ["x", "the request body must be an object, is a string"],
  ])("says what a body of %j should have been", (body, message) => {
    expect(refusal(AgentUpdate, body).message).toBe(message);
  });

  test("tells of one problem only: the first", () => {
    expect(
      refusal(EventSend, { events: [{ type: "user.message", content: "x" }, { type: "nothing" }], more: 1 }).message,
    ).toBe(
      'events.0.user_message.content: must be an array of content blocks, is a string; send [{"type": "text", "text": "…"}]',
    );
  });

  test("repeats at most 80 characters of a client's key", () => {
    expect(refusal(AgentUpdate, { ["k".repeat(1000)]: 1 }).message).toBe(`${"k".repeat(80)}…: unknown key; remove it`);
  });

  test("does not take a value's own prototype for a key", () => {
    expect(refusal(AgentUpdate, JSON.parse('{"constructor": 1}')).message).toBe("constructor: unknown key; remove it");
  });
});

describe("a check ends at the first problem", () => {
  const events = (list: object) => ({ events: list });
  const blocks = (list: object) => events([{ type: "user.message", content: list }]);
  const outcome = (fields: object) => ({
    type: "user.define_outcome",
    description: "d",
    rubric: { type: "file", file_id: "f" },
    ...fields,
  });
  const hosts = (list: object) => ({
    name: "n",
    config: { type: "cloud", networking: { type: "limited", allowed_hosts: list } },
  });
  const packages = (list: object) => ({ name: "n", config: { type: "cloud", packages: { pip: list } } });
  const resources = (list: object) => ({ agent: "a", environment_id: "e", resources: list });
  const image = (source: object) => ({ type: "image", source });

  test.each<[string, z.ZodType, (list: object) => object, unknown]>([
    ["bad events", EventSend, events, {}],
    ["bad blocks", EventSend, blocks, {}],
    ["empty texts", EventSend, blocks, { type: "text", text: "" }],
    ["blank texts", EventSend, blocks, { type: "text", text: " " }],
    ["redacted blocks", EventSend, blocks, { type: "redacted" }],
    ["bad URLs", EventSend, blocks, image({ type: "url", url: "x" })],
    ["bad media types", EventSend, blocks, image({ type: "base64", data: "A", media_type: "x" })],
    [
      "needless reasons",
      EventSend,
      events,
      { type: "user.tool_confirmation", tool_use_id: "s", result: "allow", deny_message: "x" },
    ],
    ["too many rounds", EventSend, events, outcome({ max_iterations: 21 })],
    ["too few rounds", EventSend, events, outcome({ max_iterations: 0 })],
    ["empty rubrics", EventSend, events, outcome({ rubric: { type: "text", content: "" } })],
    ["long rubrics", EventSend, events, outcome({ rubric: { type: "text", content: "r".repeat(262_145) } })],
    ["bad hosts", EnvironmentCreate, hosts, "a/b"],
    ["empty packages", EnvironmentCreate, packages, ""],
    ["bad resources", SessionCreate, resources, { type: "file", file_id: "" }],
  ])("in a list of %s", (_, schema, body, bad) => {
    let read = false;
    const look = () => {
      read = true;
      return bad;
    };
    const list = Object.defineProperty([bad, bad], 1, { get: look });
    expect(check(schema, body(list)).ok).toBe(false);
    expect(read).toBe(false);
  });

  test.each<[string, (map: object) => object, unknown]>([
    ["bad metadata", (map) => ({ metadata: map }), 1],
    [
      "deep schemas",
      (map) => ({
        tools: [{ type: "custom", name: "c", description: "d", input_schema: { type: "object", properties: map } }],
      }),
      JSON.parse("[".repeat(70) + "]".repeat(70)),
    ],
  ])("in a map of %s", (_, body, bad) => {
    let read = false;
    const look = () => {
      read = true;
      return bad;
    };
    const map = Object.defineProperty({ a: bad }, "b", { get: look, enumerable: true });
    expect(check(AgentUpdate, body(map)).ok).toBe(false);
    expect(read).toBe(false);
  });

  test("and goes on where there is none", () => {
    let read = false;
    const good = { type: "user.interrupt" };
    const look = () => {
      read = true;
      return good;
    };
    expect(check(EventSend, { events: Object.defineProperty([good, good], 1, { get: look }) }).ok).toBe(true);
    expect(read).toBe(true);
  });
});

test("a long path is shown by its two ends", () => {
  expect(pathText(["events", 0, "content"])).toBe("events.0.content");
  const deep = pathText([...Array<string>(100).fill("k".repeat(5_000)), "last"]);
  expect([deep.length, deep.startsWith("kkkk"), deep.endsWith(".last")]).toEqual([201, true, true]);
});

describe("a path", () => {
  test.each<[PropertyKey[], unknown, string]>([
    [
      ["events", 0, "content", 0, "text"],
      { events: [{ type: "user.message" }] },
      "events.0.user_message.content.0.text",
    ],
    [["tools", 1, "name"], { tools: [{}, { type: "custom" }] }, "tools.1.custom.name"],
    [["resources", 0, "url"], { resources: [{ type: "github_repository" }] }, "resources.0.github_repository.url"],
    [["events", 0, "type"], { events: [{ type: "user.nothing" }] }, "events.0.type"],
    [["events", 0], { events: [{ type: "user.message" }] }, "events.0"],
    [["tools", 0, "name"], { tools: [{ type: 7 }] }, "tools.0.name"],
    [["tools", 0, "name"], {}, "tools.0.name"],
    [["content", 0, "text"], { content: [{ type: "text" }] }, "content.0.text"],
    [["metadata", "tools", "x"], { metadata: { tools: { x: 1 } } }, "metadata.tools.x"],
  ])("%j", (path, body, named) => {
    expect(namedPath(path, body).join(".")).toBe(named);
  });
});
