import { describe, expect, test } from "vitest";
import { EVENT_TYPES, EventSend, SessionEvent } from "../../src/protocol/events.ts";
import { accepted, refusal, refuses } from "./check.ts";

const text = (value = "t") => ({ type: "text", text: value });
const message = (...content: unknown[]) => ({ type: "user.message", content });
const system = (...content: unknown[]) => ({ type: "system.message", content: content.length ? content : [text()] });
const send = (...events: unknown[]) => ({ events });
const says = (...events: unknown[]) => refusal(EventSend, send(...events)).message;
const image = (source: object) => ({ type: "image", source });
const document = (source: object) => ({ type: "document", source });
const result = (fields: object = {}) => ({ type: "user.custom_tool_result", custom_tool_use_id: "sevt_1", ...fields });
const outcome = (fields: object = {}) => ({
  type: "user.define_outcome",
  description: "d",
  rubric: { type: "text", content: "r" },
  ...fields,
});

describe("what a client may send", () => {
  test.each<[string, object]>([
    ["text", message(text())],
    [
      "several blocks",
      message(
        text(),
        image({ type: "url", url: "https://example.com/a.png" }),
        document({ type: "text", data: "d", media_type: "text/plain" }),
      ),
    ],
    ["an image's bytes", message(image({ type: "base64", data: "AAAA", media_type: "image/webp" }))],
    [
      "a PDF with title and context",
      message({
        ...document({ type: "base64", data: "AAAA", media_type: "application/pdf" }),
        title: "t",
        context: null,
      }),
    ],
    ["a file", message(document({ type: "file", file_id: "file_1" }))],
    ["an interrupt", { type: "user.interrupt", session_thread_id: null }],
    ["an approval", { type: "user.tool_confirmation", tool_use_id: "sevt_1", result: "allow", deny_message: null }],
    [
      "a refusal with a reason",
      { type: "user.tool_confirmation", tool_use_id: "sevt_1", result: "deny", deny_message: "no" },
    ],
    ["a result without content", result()],
    ["an empty result", result({ content: [], is_error: null })],
    [
      "a search result",
      result({
        content: [
          {
            type: "search_result",
            source: "https://example.com",
            title: "t",
            content: [text()],
            citations: { enabled: true },
          },
        ],
      }),
    ],
    ["a toolset's result", { type: "user.tool_result", tool_use_id: "sevt_1", content: [text()] }],
    ["an outcome", outcome({ max_iterations: 20 })],
  ])("%s", (_, event) => {
    expect(accepted(EventSend, send(event)).events).toEqual([event]);
  });

  test.each<[string, object]>([
    ["user_message.content.0.text: must not be empty", message(text(""))],
    ["user_custom_tool_result.content.0.text: must not be empty", result({ content: [text("")] })],
    [
      "user_custom_tool_result.content.0.content.0.text: must not be empty",
      result({
        content: [
          { type: "search_result", source: "s", title: "t", content: [text("")], citations: { enabled: true } },
        ],
      }),
    ],
    [
      "user_message.content.1.text: must contain more than white space; put a word there, such as (no output)",
      message(text("ok"), text(" \n\u00a0\t")),
    ],
    [
      "user_custom_tool_result.content.0.text: must contain more than white space; put a word there, such as (no output)",
      result({ content: [text(" ")] }),
    ],
    ["user_message.content: must have at least one block", message()],
    [
      'user_message.content: must be an array of content blocks, is a string; send [{"type": "text", "text": "…"}]',
      { type: "user.message", content: "Hello" },
    ],
    [
      'user_custom_tool_result.content: must be an array of content blocks, is a string; send [{"type": "text", "text": "…"}]',
      result({ content: "42" }),
    ],
    [
      "user_custom_tool_result.content.0.type: must be one of text, image, document, search_result",
      result({ content: [{ type: "redacted" }] }),
    ],
    [
      'system_message.content: must be an array of content blocks, is a string; send [{"type": "text", "text": "…"}]',
      { type: "system.message", content: "Be brief." },
    ],
    ["user_message.content.0: redacted blocks come only from the server; leave it out", message({ type: "redacted" })],
    ["user_message.content.0.type: must be one of text, image, document, redacted", message({ type: "audio" })],
    ["user_message.content.0.type: must be one of text, image, document, redacted", message({ type: "search_result" })],
    ["user_message.content.0.cache_control: unknown key; remove it", message({ ...text(), cache_control: {} })],
    ["user_message.id: unknown key; remove it", { ...message(text()), id: "sevt_1" }],
    [
      "user_message.content.0.source.media_type: must be one of image/png, image/jpeg, image/gif, image/webp",
      message(image({ type: "base64", data: "AA", media_type: "image/tiff" })),
    ],
    [
      "user_message.content.0.source.data: must not be empty",
      message(image({ type: "base64", data: "", media_type: "image/png" })),
    ],
    [
      "user_message.content.0.source.media_type: must be one of application/pdf",
      message(document({ type: "base64", data: "AA", media_type: "text/csv" })),
    ],
    [
      "user_message.content.0.source.media_type: must be text/plain",
      message(document({ type: "text", data: "d", media_type: "text/csv" })),
    ],
    [
      "user_message.content.0.source.url: must be an http or https URL",
      message(image({ type: "url", url: "example.com/a.png" })),
    ],
    [
      "user_tool_confirmation.result: must be one of allow, deny",
      { type: "user.tool_confirmation", tool_use_id: "s", result: "maybe" },
    ],
    [
      "user_tool_confirmation.deny_message: is only for result deny; leave it out",
      { type: "user.tool_confirmation", tool_use_id: "s", result: "allow", deny_message: "no" },
    ],
    ["user_custom_tool_result.custom_tool_use_id: is required; send a string", { type: "user.custom_tool_result" }],
    ["user_tool_result.tool_use_id: is required; send a string", { type: "user.tool_result", custom_tool_use_id: "s" }],
    ["user_define_outcome.rubric: is required; send an object", outcome({ rubric: undefined })],
    [
      "user_tool_confirmation.deny_message: must have at most 10000 characters, has 10001; shorten it",
      { type: "user.tool_confirmation", tool_use_id: "s", result: "deny", deny_message: "n".repeat(10_001) },
    ],
    ["user_define_outcome.max_iterations: must be at most 20", outcome({ max_iterations: 21 })],
    ["user_define_outcome.max_iterations: must be at least 1", outcome({ max_iterations: 0 })],
    ["system_message.content.0.type: must be text", system(image({ type: "url", url: "https://example.com" }))],
  ])("refused: %s", (message, event) => {
    expect(says(event)).toBe(`events.0.${message}`);
  });

  test("not more events than one commit should hold", () => {
    const interrupts = (count: number) => Array.from({ length: count }, () => ({ type: "user.interrupt" }));
    expect(says(...interrupts(1_001))).toBe("events: must have at most 1000 events; send them in several requests");
    accepted(EventSend, send(...interrupts(1_000)));
  });

  test.each(["agent.message", "session.status_idle", "user.mesage", "", null, undefined])(
    "not an event of type %s",
    (type) => {
      expect(says({ type })).toMatch(
        /^events\.0\.type: (must be|is required; send) one of user\.message, user\.interrupt,/,
      );
    },
  );

  test("not an empty batch, and nothing beside it", () => {
    expect(refusal(EventSend, { events: [] }).message).toBe("events: must have at least one event");
    expect(refusal(EventSend, {}).message).toBe("events: is required; send an array");
    expect(refusal(EventSend, { ...send(message(text())), dry_run: true }).message).toBe(
      "dry_run: unknown key; remove it",
    );
  });

  test("the first bad event of a batch is named by its place", () => {
    expect(says(message(text()), { type: "user.interrupt" }, message(text("")))).toMatch(/^events\.2\.user_message\./);
  });

  test("a rubric of 262,144 characters, and not one more", () => {
    accepted(EventSend, send(outcome({ rubric: { type: "text", content: "r".repeat(262_144) } })));
    expect(says(outcome({ rubric: { type: "text", content: "r".repeat(262_145) } }))).toContain(
      "rubric.content: must have at most 262144 characters",
    );
  });
});

describe("stored events", () => {
  test("are 42 types, each once", () => {
    expect(EVENT_TYPES.length).toBe(42);
    expect(new Set(EVENT_TYPES).size).toBe(42);
  });

  test("a client event waits without a stamp, a server event never does", () => {
    accepted(SessionEvent, { id: "sevt_1", ...message(text()) });
    accepted(SessionEvent, { id: "sevt_1", type: "agent.thinking", processed_at: "2026-11-22T10:00:00.000001Z" });
    expect(refusal(SessionEvent, { id: "sevt_1", type: "agent.thinking" }).message).toBe(
      "processed_at: is required; send a string",
    );
  });

  test("an unknown error or stop reason is no event of ours", () => {
    const stamped = { id: "sevt_1", processed_at: "2026-11-22T10:00:00.000001Z" };
    const idle = { ...stamped, type: "session.status_idle", stop_details: null };
    accepted(SessionEvent, { ...idle, stop_reason: { type: "end_turn" } });
    refuses(SessionEvent, { ...idle, stop_reason: { type: "bored" } }, "stop_reason.type: must be one of end_turn");
  });
});
