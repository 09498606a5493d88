/** The events of a streamed answer, in order (spec/messages.md §11). */
import { type Fields, list, text } from "./json.ts";

export interface Part {
  block: Fields;
  /** JSON of a tool use's input, as it streams; a cut one does not parse. */
  json?: string;
  chunks?: number;
}

export interface Composed {
  /** The message as a request without streaming gets it. */
  message: Fields;
  parts: Part[];
  /** Usage as `message_start` and `message_delta` carry it. */
  startUsage: Fields;
  endUsage: Fields;
}

/** Characters per delta where a script does not say in how many pieces. */
const PIECE = 24;

export interface Event extends Fields {
  type: string;
}

export function* framesOf({ message, parts, startUsage, endUsage }: Composed): Generator<Event> {
  const { stop_reason, stop_sequence, stop_details, container } = message;
  const empty = { content: [], stop_reason: null, stop_sequence: null, stop_details: null, usage: startUsage };
  yield { type: "message_start", message: { ...message, ...empty } };
  for (const [index, part] of parts.entries()) {
    yield { type: "content_block_start", index, content_block: startOf(part) };
    if (index === 0) yield { type: "ping" };
    for (const delta of deltasOf(part)) yield { type: "content_block_delta", index, delta };
    yield { type: "content_block_stop", index };
  }
  const delta = { stop_reason, stop_sequence, stop_details, container };
  const management = "context_management" in message ? { context_management: null } : {};
  yield { type: "message_delta", delta, ...management, usage: endUsage };
  yield { type: "message_stop" };
}

function startOf({ block }: Part): Fields {
  if (block.type === "text") return { ...block, text: "", citations: block.citations === null ? null : [] };
  if (block.type === "thinking") return { ...block, thinking: "", signature: "" };
  return block.type === "tool_use" ? { ...block, input: {} } : block;
}

function* deltasOf({ block, json, chunks }: Part): Generator<Event> {
  if (block.type === "text") {
    for (const piece of split(text(block.text), chunks)) yield { type: "text_delta", text: piece };
    for (const citation of list(block.citations)) yield { type: "citations_delta", citation };
  } else if (block.type === "thinking") {
    const pieces = block.thinking === "" ? [""] : split(text(block.thinking), chunks);
    for (const piece of pieces) yield { type: "thinking_delta", thinking: piece, estimated_tokens: null };
    yield { type: "signature_delta", signature: block.signature };
  } else if (json !== undefined) {
    yield { type: "input_json_delta", partial_json: "" };
    for (const piece of split(json, chunks)) yield { type: "input_json_delta", partial_json: piece };
  }
}

/** Pieces of a text that never part a surrogate pair. */
function* split(whole: string, chunks: number | undefined): Generator<string> {
  const size = chunks === undefined ? PIECE : Math.max(1, Math.ceil(whole.length / chunks));
  for (let from = 0; from < whole.length; ) {
    let to = Math.min(whole.length, from + size);
    const last = whole.charCodeAt(to - 1);
    if (last >= 0xd800 && last <= 0xdbff && to < whole.length) to++;
    yield whole.slice(from, to);
    from = to;
  }
}
