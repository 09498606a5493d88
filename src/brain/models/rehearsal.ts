/**
 * The scripted model (design §9): a start without a key, and tests. It knows nothing but the request's bytes, and answers with the events that the
 * Messages API would send (spec/messages.md §11), at a person's pace.
 */
import { type Model, ModelFailure, type ModelRequest, type RawEvent } from "../model.ts";
import { type Fields, isFields, stringOf } from "./block.ts";
import { nextStep, type Step } from "./rehearsal-script.ts";

/** Milliseconds: to the first content, and between two deltas. */
export interface Pace {
  firstMs: number;
  gapMs: number;
}

/** About what a person sees of a fast model. */
export const DEFAULT_PACE: Pace = { firstMs: 400, gapMs: 25 };

/** Longer texts come in bigger pieces, so that no step takes more than this many gaps per block. */
const MAX_DELTAS = 400;
const CHARS_PER_TOKEN = 4;

/** Reads `REHEARSAL_PACE`, "first,gap" in milliseconds; anything else is the default. */
export function paceFrom(setting: string | undefined): Pace {
  const [first, gap] = /^(\d{1,5}),(\d{1,5})$/.exec(setting?.trim() ?? "")?.slice(1) ?? [];
  return first === undefined || gap === undefined ? DEFAULT_PACE : { firstMs: Number(first), gapMs: Number(gap) };
}

export class RehearsalModel implements Model {
  readonly #pace: Pace;
  readonly #sleep: (ms: number) => Promise<void>;

  constructor({ pace, sleep }: { pace: Pace; sleep: (ms: number) => Promise<void> }) {
    this.#pace = pace;
    this.#sleep = sleep;
  }

  /** See `Model.stream`. */
  async *stream(request: ModelRequest): AsyncGenerator<RawEvent> {
    const text = await new Response(bodyOf(request)).text();
    const body: unknown = JSON.parse(text);
    const messages = isFields(body) ? body.messages : null;
    const wait = this.#waiter(request.signal);
    await wait(0);
    let first = true;
    for (const event of answer(nextStep(messages), request.model, messages, text.length)) {
      if (event.type === "content_block_start" && first) {
        first = false;
        await wait(this.#pace.firstMs);
      } else if (event.type === "content_block_delta") await wait(this.#pace.gapMs);
      yield event;
    }
  }

  /** Waits, unless the request is aborted before or meanwhile. */
  #waiter(signal: AbortSignal): (ms: number) => Promise<void> {
    const aborted = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    return async (ms) => {
      if (ms > 0 && !signal.aborted) await Promise.race([this.#sleep(ms), aborted]);
      if (signal.aborted) throw new ModelFailure("aborted", "The model request was aborted.");
    };
  }
}

function bodyOf(request: ModelRequest): ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer> {
  const body = request.body();
  return body instanceof ReadableStream ? body : new Uint8Array(body);
}

/** One response's events. */
function* answer(step: Step, model: string, messages: unknown, promptChars: number): Generator<RawEvent> {
  const history = Array.isArray(messages) ? messages.filter(isFields) : [];
  const responses = history.filter((message) => message.role === "assistant").length;
  // What the two usage objects of a response share, but for the count of output.
  const usage = {
    input_tokens: tokens(promptChars),
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 0,
    output_tokens_details: null,
    server_tool_use: null,
    iterations: null,
  };
  yield {
    type: "message_start",
    message: {
      id: `msg_rehearsal${responses + 1}`,
      type: "message",
      role: "assistant",
      model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      stop_details: null,
      container: null,
      diagnostics: null,
      usage: {
        ...usage,
        cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
        output_tokens: 1,
        service_tier: "standard",
        speed: "standard",
        inference_geo: null,
      },
    },
  };
  const blocks = blocksOf(step, toolUses(history));
  for (const [index, { start, deltas }] of blocks.entries()) {
    yield { type: "content_block_start", index, content_block: start };
    for (const delta of deltas) yield { type: "content_block_delta", index, delta };
    yield { type: "content_block_stop", index };
  }
  const sum = blocks.flatMap((block) => block.deltas).reduce((chars, delta) => chars + deltaChars(delta), 0);
  const stop = step.stop ?? (step.calls.length > 0 ? "tool_use" : "end_turn");
  yield {
    type: "message_delta",
    delta: {
      stop_reason: stop,
      stop_sequence: null,
      stop_details: stop === "refusal" ? { type: "refusal", category: null, explanation: "The script says so." } : null,
      container: null,
    },
    usage: { ...usage, output_tokens: tokens(sum) },
  };
  yield { type: "message_stop" };
}

interface ScriptedBlock {
  start: Fields;
  deltas: Fields[];
}

function blocksOf(step: Step, usesBefore: number): ScriptedBlock[] {
  const blocks: ScriptedBlock[] = [];
  if (step.think) {
    const deltas = [
      { type: "thinking_delta", thinking: "" },
      { type: "signature_delta", signature: "cmVoZWFyc2Fs" },
    ];
    blocks.push({ start: { type: "thinking", thinking: "", signature: "" }, deltas });
  }
  if (step.say !== "") {
    const deltas = pieces(step.say).map((text) => ({ type: "text_delta", text }));
    blocks.push({ start: { type: "text", text: "", citations: null }, deltas });
  }
  step.calls.forEach(({ name, input }, i) => {
    const json = JSON.stringify(input);
    // What a real model does at the limit: the last call breaks off in the middle.
    const cut = step.stop === "max_tokens" && i === step.calls.length - 1;
    const text = cut ? json.slice(0, Math.ceil(json.length / 2)) : json;
    const deltas = ["", ...pieces(text)].map((partial_json) => ({ type: "input_json_delta", partial_json }));
    blocks.push({ start: { type: "tool_use", id: `toolu_rehearsal${usesBefore + i + 1}`, name, input: {} }, deltas });
  });
  return blocks;
}

/** A text in pieces of a word with the space after it, or of several. */
function pieces(text: string): string[] {
  const words = text.match(/\S+\s*|\s+/g) ?? [];
  const perPiece = Math.ceil(words.length / MAX_DELTAS);
  const starts = words.map((_, i) => i).filter((i) => i % perPiece === 0);
  return starts.map((i) => words.slice(i, i + perPiece).join(""));
}

/** Tool uses so far: their count numbers the next one, the same again after a crash. */
function toolUses(history: Fields[]): number {
  const blocks = history.flatMap((message) => (Array.isArray(message.content) ? message.content.filter(isFields) : []));
  return blocks.filter((block) => block.type === "tool_use").length;
}

function deltaChars(delta: Fields): number {
  return stringOf(delta.text ?? delta.partial_json ?? delta.signature).length;
}

function tokens(chars: number): number {
  return Math.ceil(chars / CHARS_PER_TOKEN);
}
