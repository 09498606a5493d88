/** The model server: answers as the schedule's script says, and keeps a journal of what it was asked. */
import { type FailureKind, ModelFailure, type ModelRequest, type RawEvent } from "../../src/brain/model.ts";
import type { ModelBody } from "../checker/dump.ts";
import type { Instance } from "./instance.ts";
import type { Later } from "./pending.ts";

export type Block =
  | { type: "text"; text: string }
  | { type: "thinking"; thinking: string; signature: string }
  | { type: "tool_use"; id: string; name: string; input: object };
/** How the server answers one request. */
export type Answer =
  | { how: "complete"; blocks: Block[]; stop?: string; details?: object; cutLast?: boolean; tokens?: number }
  | { how: "refused"; kind: FailureKind }
  | { how: "broken"; blocks: Block[]; kind: FailureKind };

/** Of every whole response that says nothing else: 0.6 cents at the price of the model that is asked, so that a cap of a few cents is reached on the way. */
const OUTPUT_TOKENS = 300;

export class ModelServer {
  readonly bodies: ModelBody[] = [];
  /** Answers in the order of the requests; each schedule brings its own. */
  readonly answer: (body: string) => Answer;
  readonly #later: Later;
  /** An aborted request goes on as if nobody had hung up. */
  readonly #deaf: () => boolean;

  constructor(parts: { answer: (body: string) => Answer; later: Later; deaf: () => boolean }) {
    this.answer = parts.answer;
    this.#later = parts.later;
    this.#deaf = parts.deaf;
  }

  async *stream(instance: Instance, request: ModelRequest): AsyncGenerator<RawEvent> {
    instance.point("model.request", "before");
    const sent = request.body();
    const text = sent instanceof Uint8Array ? new TextDecoder().decode(sent) : await new Response(sent).text();
    const entry: ModelBody = { text, answer: "none" };
    this.bodies.push(entry);
    instance.warm = true;
    const answer = this.answer(text);
    instance.point("model.request", "after");
    const heard = () => this.#heard(instance, request.signal);
    await heard();
    entry.answer = answer.how;
    if (answer.how === "refused") throw new ModelFailure(answer.kind, answer.kind, { refused: true });
    const usage = { input_tokens: 100, output_tokens: 1, cache_read_input_tokens: 0, cache_creation_input_tokens: 0 };
    yield { type: "message_start", message: { id: `msg_${this.bodies.length}`, model: "claude-opus-5-5", usage } };
    for (const [index, block] of answer.blocks.entries()) {
      const cut = answer.how === "complete" && answer.cutLast === true && index === answer.blocks.length - 1;
      yield* raw(index, block, cut);
      if (index === 0 && answer.blocks.length > 1) await heard();
    }
    if (answer.how === "broken") {
      await heard();
      if (answer.kind === "cut") return;
      throw new ModelFailure(answer.kind, answer.kind);
    }
    const stop = answer.stop ?? (answer.blocks.some((block) => block.type === "tool_use") ? "tool_use" : "end_turn");
    entry.stop = stop;
    yield {
      type: "message_delta",
      delta: { stop_reason: stop, stop_details: answer.details ?? null },
      usage: { output_tokens: answer.tokens ?? OUTPUT_TOKENS },
    };
    yield { type: "message_stop" };
  }

  async #heard(instance: Instance, signal: AbortSignal): Promise<void> {
    const aborted = new Promise<never>((_, reject) => {
      const end = () => {
        if (!this.#deaf()) reject(new ModelFailure("aborted", "aborted"));
      };
      if (signal.aborted) end();
      else signal.addEventListener("abort", end, { once: true });
    });
    aborted.catch(() => {});
    await Promise.race([this.#later(instance, "model"), aborted]);
  }
}

function* raw(index: number, block: Block, cut: boolean): Generator<RawEvent> {
  if (block.type === "text") {
    yield { type: "content_block_start", index, content_block: { type: "text", text: "" } };
    for (const piece of [block.text.slice(0, 3), block.text.slice(3)])
      yield { type: "content_block_delta", index, delta: { type: "text_delta", text: piece } };
  } else if (block.type === "thinking") yield { type: "content_block_start", index, content_block: block };
  else {
    const { input, ...rest } = block;
    yield { type: "content_block_start", index, content_block: { ...rest, input: {} } };
    const json = JSON.stringify(input);
    const partial_json = cut ? json.slice(0, -3) : json;
    yield { type: "content_block_delta", index, delta: { type: "input_json_delta", partial_json } };
    if (cut) return;
  }
  yield { type: "content_block_stop", index };
}
