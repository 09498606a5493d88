import { describe, expect, test } from "vitest";
import { EventSend } from "../../src/protocol/events.ts";
import { accepted, refusal } from "./check.ts";

const text = (value = "t") => ({ type: "text", text: value });
const message = { type: "user.message", content: [text()] };
const result = { type: "user.custom_tool_result", custom_tool_use_id: "sevt_1" };
const system = (...content: unknown[]) => ({ type: "system.message", content: content.length ? content : [text()] });
const send = (...events: unknown[]) => ({ events });
const says = (...events: unknown[]) => refusal(EventSend, send(...events)).message;

describe("a system.message", () => {
  test.each<[string, unknown[]]>([
    ["alone", [system()]],
    ["after a message", [message, system()]],
    ["after a result", [result, system()]],
    ["after a toolset's result", [{ type: "user.tool_result", tool_use_id: "s" }, system()]],
    ["after an interrupt and a message", [{ type: "user.interrupt" }, message, system()]],
    ["with 1,000 blocks", [system(...Array.from({ length: 1000 }, () => text()))]],
  ])("%s", (_, events) => {
    accepted(EventSend, send(...events));
  });

  test.each<[string, unknown[]]>([
    ["events.0: must be the last event", [system(), message]],
    ["events.1: must be the last event", [message, system(), system()]],
    ["events.1: must directly follow user.message", [{ type: "user.interrupt" }, system()]],
    [
      "events.0.system_message.content: must have at most 1000 text blocks",
      [system(...Array.from({ length: 1001 }, () => text()))],
    ],
    ["events.0.system_message.content: must have at least one text block", [{ type: "system.message", content: [] }]],
    ["events.0.system_message.content.0.text: must not be empty", [system(text(""))]],
  ])("refused: %s", (message, events) => {
    expect(says(...events)).toContain(message);
  });
});
