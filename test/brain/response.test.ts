import { describe, expect, test } from "vitest";
import type { RawEvent } from "../../src/brain/model.ts";
import { type Finished, ResponseFold, type ResponsePreview } from "../../src/brain/response/fold.ts";

const START_USAGE = {
  input_tokens: 10,
  cache_creation_input_tokens: 300,
  cache_read_input_tokens: 40,
  cache_creation: { ephemeral_5m_input_tokens: 200, ephemeral_1h_input_tokens: 100 },
  output_tokens: 1,
  server_tool_use: null,
  speed: "standard",
  iterations: null,
};

function start(usage: object = START_USAGE): RawEvent {
  const message = { id: "msg_1", type: "message", role: "assistant", model: "claude-opus-5-5", content: [], usage };
  return { type: "message_start", message };
}

/** A block's events: its start, its deltas, its stop. */
function block(index: number, content_block: object, deltas: object[], stop = true): RawEvent[] {
  return [
    { type: "content_block_start", index, content_block },
    ...deltas.map((delta) => ({ type: "content_block_delta", index, delta })),
    ...(stop ? [{ type: "content_block_stop", index }] : []),
  ];
}

function text(index: number, ...pieces: string[]): RawEvent[] {
  const deltas = pieces.map((piece) => ({ type: "text_delta", text: piece }));
  return block(index, { type: "text", text: "" }, deltas);
}

function thinking(index: number, ...pieces: string[]): RawEvent[] {
  const deltas = pieces.map((piece) => ({ type: "thinking_delta", thinking: piece }));
  return block(index, { type: "thinking", thinking: "", signature: "" }, [
    ...deltas,
    { type: "signature_delta", signature: "sig" },
  ]);
}

function toolUse(index: number, id: string, json: string[], stop = true): RawEvent[] {
  const deltas = json.map((partial_json) => ({ type: "input_json_delta", partial_json }));
  return block(index, { type: "tool_use", id, name: "bash", input: {} }, deltas, stop);
}

function end(
  stop_reason: string,
  usage: object = { output_tokens: 25 },
  stop_details: object | null = null,
): RawEvent[] {
  return [
    { type: "message_delta", delta: { stop_reason, stop_sequence: null, stop_details }, usage },
    { type: "message_stop" },
  ];
}

interface Folded {
  previews: ResponsePreview[];
  finished: Finished;
}
type Events = (RawEvent | RawEvent[])[];

/** What becomes of a response whose events come after its start. */
const fold = (...events: Events): Folded => folded([start(), ...events], false);
/** Of a model that tells of its progress in thinking. */
const narrating = (...events: Events): Folded => folded([start(), ...events], true);

function folded(events: Events, narrates: boolean): Folded {
  const response = new ResponseFold({ narrates });
  const previews = events.flat().flatMap((event) => response.push(event));
  return { previews, finished: response.end() };
}

describe("text", () => {
  test("consecutive blocks are one message with an entry each, and the previews add up to it", () => {
    const { previews, finished } = fold(text(0, "Hel", "lo"), text(1, "again"), end("end_turn"));
    expect(previews).toEqual([
      { kind: "start", key: "message 0", type: "agent.message" },
      { kind: "text", key: "message 0", index: 0, text: "Hel" },
      { kind: "text", key: "message 0", index: 0, text: "lo" },
      { kind: "text", key: "message 0", index: 1, text: "again" },
    ]);
    expect(finished.parts).toEqual([{ kind: "message", key: "message 0", texts: ["Hello", "again"] }]);
    expect(finished).toMatchObject({
      messageId: "msg_1",
      model: "claude-opus-5-5",
      complete: true,
      stopReason: "end_turn",
    });
    expect(JSON.parse(finished.wire)).toEqual([
      { type: "text", text: "Hello" },
      { type: "text", text: "again" },
    ]);
  });

  test("a block of another kind between them begins a new message", () => {
    const { finished } = fold(text(0, "a"), toolUse(1, "toolu_1", ["{}"]), text(2, "b"), end("tool_use"));
    expect(finished.parts.map((part) => part.kind)).toEqual(["message", "tool_use", "message"]);
  });

  test("blank text is neither shown nor replayed; leading blanks of other text are kept", () => {
    const { previews, finished } = fold(text(0, "", "\n"), text(1, "\n", "\n", "x"), end("end_turn"));
    expect(previews).toEqual([
      { kind: "start", key: "message 1", type: "agent.message" },
      { kind: "text", key: "message 1", index: 0, text: "\n\nx" },
    ]);
    expect(finished.parts).toEqual([{ kind: "message", key: "message 1", texts: ["\n\nx"] }]);
    expect(finished.wire).toBe('[{"type":"text","text":"\\n\\nx"}]');
  });

  test("citations are collected into the block that is replayed", () => {
    const citation = { type: "char_location", cited_text: "x" };
    const deltas = [
      { type: "text_delta", text: "x" },
      { type: "citations_delta", citation },
    ];
    const { finished } = fold(block(0, { type: "text", text: "", citations: null }, deltas), end("end_turn"));
    expect(JSON.parse(finished.wire)).toEqual([{ type: "text", text: "x", citations: [citation] }]);
  });

  test("an empty answer replays as nothing", () => {
    expect(fold(end("end_turn")).finished).toMatchObject({ parts: [], wire: "[]", complete: true });
  });
});

describe("tool uses", () => {
  test("parallel calls keep their order, and the input's text goes back as it came", () => {
    const { finished } = fold(
      toolUse(0, "toolu_1", ["", '{"n": 12345678901234', '567890, "a":"\\u00e9"}']),
      toolUse(1, "toolu_2", []),
      end("tool_use"),
    );
    expect(finished.parts).toMatchObject([
      { kind: "tool_use", id: "toolu_1", name: "bash", input: { a: "é" }, cut: false },
      { kind: "tool_use", id: "toolu_2", name: "bash", input: {}, cut: false },
    ]);
    expect(finished.wire).toBe(
      '[{"type":"tool_use","id":"toolu_1","name":"bash","input":{"n": 12345678901234567890, "a":"\\u00e9"}},' +
        '{"type":"tool_use","id":"toolu_2","name":"bash","input":{}}]',
    );
  });

  test("an input that came whole with the block's start is taken from there", () => {
    const events = block(0, { type: "tool_use", id: "t", name: "bash", input: { a: 1 } }, []);
    const { finished } = fold(events, end("tool_use"));
    expect(finished.parts).toMatchObject([{ input: { a: 1 }, cut: false }]);
    expect(JSON.parse(finished.wire)).toMatchObject([{ input: { a: 1 } }]);
  });

  test.each([
    ["text that breaks off", ['{"a":"x","b":[1,2'], true],
    ["a block that never stops", ['{"a":1}'], false],
    ["text that is no object", ["[1]"], true],
    ["nothing at all before the limit", [""], true],
  ])("a call cut by max_tokens is marked, not repaired: %s", (_, json, stop) => {
    const { finished } = fold(toolUse(0, "toolu_1", json, stop), end("max_tokens"));
    expect(finished.parts).toEqual([{ kind: "tool_use", id: "toolu_1", name: "bash", input: {}, cut: true }]);
    expect(finished.wire).toBe('[{"type":"tool_use","id":"toolu_1","name":"bash","input":{}}]');
  });

  test.each([
    [127, false],
    [128, true],
    [50_000, true],
  ])("an input with %i levels below it is cut: %s", (levels, cut) => {
    const json = `{"a":${"[".repeat(levels)}${"]".repeat(levels)}}`;
    const { finished } = fold(toolUse(0, "toolu_1", [json]), end("tool_use"));
    expect(finished.parts).toMatchObject([{ kind: "tool_use", cut }]);
    expect(finished.wire).toContain(cut ? '"input":{}' : `"input":${json}`);
  });

  test("max_tokens spares the calls that were whole", () => {
    const whole = [...toolUse(0, "toolu_1", []), ...toolUse(1, "toolu_2", ['{"a":1}'])];
    const { finished } = fold(whole, end("max_tokens"));
    expect(finished.parts).toMatchObject([{ cut: false }, { input: { a: 1 }, cut: false }]);
  });

  test("a call without an id makes the response unusable", () => {
    const events = block(0, { type: "tool_use", name: "bash", input: {} }, []);
    expect(fold(events, end("tool_use")).finished.complete).toBe(false);
  });
});

describe("thinking", () => {
  test("is announced once, carries no text and goes back with its signature", () => {
    const { previews, finished } = fold(thinking(0, "", "summary"), text(1, "Done"), end("end_turn"));
    expect(previews.slice(0, 2)).toEqual([
      { kind: "start", key: "thinking 0", type: "agent.thinking" },
      { kind: "start", key: "message 1", type: "agent.message" },
    ]);
    expect(finished.parts).toEqual([
      { kind: "thinking", key: "thinking 0" },
      { kind: "message", key: "message 1", texts: ["Done"] },
    ]);
    expect(JSON.parse(finished.wire)[0]).toEqual({ type: "thinking", thinking: "summary", signature: "sig" });
  });

  test("of a narrating model: what is not empty is a progress update", () => {
    const events = [thinking(0, "Looking", " around"), toolUse(1, "toolu_1", ["{}"]), end("tool_use")];
    const { previews, finished } = narrating(...events);
    expect(previews).toEqual([
      { kind: "start", key: "message 0", type: "agent.message" },
      { kind: "text", key: "message 0", index: 0, text: "Looking" },
      { kind: "text", key: "message 0", index: 0, text: " around" },
    ]);
    expect(finished.parts[0]).toEqual({ kind: "message", key: "message 0", texts: ["Looking around"] });
    expect(JSON.parse(finished.wire)[0]).toEqual({ type: "thinking", thinking: "Looking around", signature: "sig" });
    expect(fold(...events).finished.parts[0]).toEqual({ kind: "thinking", key: "thinking 0" });
  });

  test("of a narrating model: an empty first delta announces thinking, and both arrive", () => {
    const { previews, finished } = narrating(thinking(0, "", "Looking"), end("end_turn"));
    expect(previews.filter((preview) => preview.kind === "start").map((preview) => preview.type)).toEqual([
      "agent.thinking",
      "agent.message",
    ]);
    expect(finished.parts.map((part) => part.kind)).toEqual(["thinking", "message"]);
  });

  test("an update does not join the text after it", () => {
    const { finished } = narrating(thinking(0, "Looking"), text(1, "Found"), end("end_turn"));
    expect(finished.parts).toMatchObject([{ texts: ["Looking"] }, { texts: ["Found"] }]);
  });

  test("without a signature it is not replayed; redacted thinking is, as it came", () => {
    const unsigned = block(0, { type: "thinking", thinking: "", signature: "" }, [
      { type: "thinking_delta", thinking: "x" },
    ]);
    const redacted = block(1, { type: "redacted_thinking", data: "opaque" }, []);
    const { finished } = fold(unsigned, redacted, end("end_turn"));
    expect(JSON.parse(finished.wire)).toEqual([{ type: "redacted_thinking", data: "opaque" }]);
    expect(finished.parts.map((part) => part.kind)).toEqual(["thinking", "thinking"]);
  });
});

describe("what is not known", () => {
  test("block types and fields are replayed as they came, and shown nowhere", () => {
    const later = { type: "later_block", data: { x: [1, null] } };
    const search = {
      type: "server_tool_use",
      id: "srvtoolu_1",
      name: "web_search",
      input: {},
      caller: { type: "direct" },
    };
    const { previews, finished } = fold(
      block(0, later, [{ type: "later_delta", x: 1 }]),
      block(1, search, [{ type: "input_json_delta", partial_json: '{"query":"x"}' }]),
      end("end_turn"),
    );
    expect(previews).toEqual([]);
    expect(finished).toMatchObject({ parts: [], complete: true });
    expect(finished.wire).toBe(
      '[{"type":"later_block","data":{"x":[1,null]}},' +
        '{"type":"server_tool_use","id":"srvtoolu_1","name":"web_search","input":{"query":"x"},"caller":{"type":"direct"}}]',
    );
  });

  test("events after message_stop change nothing", () => {
    const { finished } = fold(text(0, "x"), end("end_turn"), text(1, "y"), end("refusal"));
    expect(finished).toMatchObject({ stopReason: "end_turn", parts: [{ texts: ["x"] }] });
  });

  test("event types change nothing", () => {
    const events = [{ type: "ping" }, { type: "later_event", index: 7 }, text(0, "x"), end("end_turn")];
    expect(fold(...events).finished).toMatchObject({ complete: true, parts: [{ texts: ["x"] }] });
  });
});

describe("a stream that ends early", () => {
  test("is not complete, and its open block is not replayed", () => {
    const open = block(1, { type: "text", text: "" }, [{ type: "text_delta", text: "cut" }], false);
    const { finished } = fold(text(0, "kept"), open);
    expect(finished).toMatchObject({ complete: false, stopReason: null, wire: '[{"type":"text","text":"kept"}]' });
    expect(finished.parts).toMatchObject([{ texts: ["kept"] }]);
  });

  test("a delta for a block that never began makes the response unusable", () => {
    const stray = { type: "content_block_delta", index: 3, delta: { type: "text_delta", text: "x" } };
    expect(fold(stray, end("end_turn")).finished.complete).toBe(false);
  });

  test.each([
    ["a content block", { index: 0 }],
    ["an index", { content_block: { type: "text", text: "" } }],
  ])("a block that begins without %s makes the response unusable", (_, fields) => {
    const begun = { type: "content_block_start", ...fields };
    expect(fold(begun, end("end_turn")).finished.complete).toBe(false);
  });

  test("is charged its prompt and a quarter token per streamed character", () => {
    const response = new ResponseFold({ narrates: false });
    expect(response.estimate()).toBeNull();
    for (const event of [start(), ...text(0, "x".repeat(41)), ...toolUse(1, "t", ["y".repeat(40)], false)])
      response.push(event);
    expect(response.estimate()).toMatchObject({ input: 10, output: 21, cacheRead: 40, estimated: true });
  });

  test("is charged for thinking that is not shown by the length of its signature", () => {
    const { finished } = fold(
      block(0, { type: "thinking", thinking: "" }, [{ type: "signature_delta", signature: "s".repeat(80) }]),
    );
    expect(finished.usage).toMatchObject({ output: 20, estimated: true });
  });
});

describe("stop reasons and usage", () => {
  test("a refusal carries its details", () => {
    const details = { type: "refusal", category: "cyber", explanation: null };
    const { finished } = fold(end("refusal", { output_tokens: 0 }, details));
    expect(finished).toMatchObject({ stopReason: "refusal", stopDetails: details, parts: [] });
    expect(fold(end("end_turn")).finished.stopDetails).toBeNull();
  });

  test("the delta's counters win, nulls keep what the start said, and the cache split stays", () => {
    const usage = {
      input_tokens: null,
      output_tokens: 25,
      cache_read_input_tokens: 41,
      server_tool_use: { web_search_requests: 2 },
    };
    expect(fold(end("end_turn", usage)).finished.usage).toEqual({
      input: 10,
      output: 25,
      cacheRead: 41,
      cache5m: 200,
      cache1h: 100,
      webSearches: 2,
      speed: "standard",
      iterations: [{ type: "message", model: null, input: 10, output: 25, cacheRead: 41, cache5m: 200, cache1h: 100 }],
      estimated: false,
    });
  });

  test("what the provider counted is not guessed", () => {
    const { finished } = fold(text(0, "x".repeat(1_000)), end("end_turn", { output_tokens: 3 }));
    expect(finished.usage).toMatchObject({ output: 3, estimated: false });
  });

  test("writes without a split are five-minute writes", () => {
    const usage = { input_tokens: 1, cache_creation_input_tokens: 50, output_tokens: 1 };
    expect(folded([start(usage), end("end_turn")], false).finished.usage).toMatchObject({ cache5m: 50, cache1h: 0 });
  });

  test("iterations are summed, since the top level leaves some out", () => {
    const iterations = [
      { type: "message", model: null, input_tokens: 5, output_tokens: 6 },
      { type: "advisor_message", model: "claude-haiku-4-5", input_tokens: 7, output_tokens: 8 },
    ];
    const { finished } = fold(end("end_turn", { output_tokens: 6, iterations }));
    expect(finished.usage).toMatchObject({ input: 12, output: 14 });
    expect(finished.usage?.iterations[1]).toMatchObject({ type: "advisor_message", model: "claude-haiku-4-5" });
  });
});
