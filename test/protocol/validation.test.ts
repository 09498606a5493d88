import { describe, expect, test } from "vitest";
import type { z } from "zod";
import { AgentUpdate } from "../../src/protocol/agents.ts";
import { EnvironmentCreate } from "../../src/protocol/environments.ts";
import { EventSend } from "../../src/protocol/events.ts";
import { SessionCreate } from "../../src/protocol/sessions.ts";
import { check, namedPath } from "../../src/protocol/validation.ts";
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
    ).toBe("events.0.user_message.content: must be an array, is a string");
  });

  test("repeats at most 80 characters of a client's key", () => {
    expect(refusal(AgentUpdate, { ["k".repeat(1000)]: 1 }).message).toBe(`${"k".repeat(80)}…: unknown key; remove it`);
  });

  test("does not take a value's own prototype for a key", () => {
    expect(refusal(AgentUpdate, JSON.parse('{"constructor": 1}')).message).toBe("constructor: unknown key; remove it");
  });
});

describe("a check ends at the first problem", () => {
  /** A value that tells whether anything looked into it. */
  function trap() {
    let read = false;
    const look = () => {
      read = true;
      return undefined;
    };
    const value = new Proxy({}, { get: look, getOwnPropertyDescriptor: look });
    return { value, wasRead: () => read };
  }
  const message = (...content: unknown[]) => ({ type: "user.message", content });
  const custom = (properties: object) => ({
    type: "custom",
    name: "c",
    description: "d",
    input_schema: { type: "object", properties },
  });

  test.each<[string, z.ZodType, (next: unknown) => object]>([
    ["bad events", EventSend, (next) => ({ events: [{}, next] })],
    ["bad blocks", EventSend, (next) => ({ events: [message({}, next)] })],
    ["empty texts", EventSend, (next) => ({ events: [message({ type: "text", text: "" }, next)] })],
    ["redacted blocks", EventSend, (next) => ({ events: [message({ type: "redacted" }, next)] })],
    [
      "bad URLs",
      EventSend,
      (next) => ({ events: [message({ type: "image", source: { type: "url", url: "x" } }, next)] }),
    ],
    [
      "bad types",
      EventSend,
      (next) => ({
        events: [message({ type: "image", source: { type: "base64", data: "A", media_type: "x" } }, next)],
      }),
    ],
    [
      "needless reasons",
      EventSend,
      (next) => ({
        events: [{ type: "user.tool_confirmation", tool_use_id: "s", result: "allow", deny_message: "x" }, next],
      }),
    ],
    [
      "too many rounds",
      EventSend,
      (next) => ({
        events: [
          { type: "user.define_outcome", description: "d", rubric: { type: "file", file_id: "f" }, max_iterations: 99 },
          next,
        ],
      }),
    ],
    [
      "bad hosts",
      EnvironmentCreate,
      (next) => ({
        name: "n",
        config: { type: "cloud", networking: { type: "limited", allowed_hosts: ["a/b", next] } },
      }),
    ],
    [
      "empty packages",
      EnvironmentCreate,
      (next) => ({ name: "n", config: { type: "cloud", packages: { pip: ["", next] } } }),
    ],
    [
      "bad resources",
      SessionCreate,
      (next) => ({ agent: "a", environment_id: "e", resources: [{ type: "file", file_id: "" }, next] }),
    ],
    ["bad metadata", AgentUpdate, (next) => ({ metadata: { a: 1, b: next } })],
    [
      "deep schemas",
      AgentUpdate,
      (next) => ({ tools: [custom({ a: JSON.parse("[".repeat(70) + "]".repeat(70)), b: next })] }),
    ],
  ])("in a list of %s", (_, schema, body) => {
    const { value, wasRead } = trap();
    expect(check(schema, body(value)).ok).toBe(false);
    expect(wasRead()).toBe(false);
  });

  test("and looks at everything where there is none", () => {
    const { value, wasRead } = trap();
    expect(check(EventSend, { events: [{ type: "user.interrupt" }, value] }).ok).toBe(false);
    expect(wasRead()).toBe(true);
  });
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
