/**
 * Folds the raw events of one model response into what the log and the streams need (spec/messages.md §11–13). Pure: events in, values out.
 */
import type { RawEvent } from "../model.ts";
import { Block, type Fields, isFields, stringOf } from "../models/block.ts";
import { type ResponseUsage, UsageMeter } from "../models/usage.ts";

/** What may be shown before the response is whole. `key` is the one of the part that will stand for it. */
export type ResponsePreview =
  | { kind: "start"; key: string; type: "agent.message" | "agent.thinking" }
  /** `index` counts the entries of the part's `texts`. */
  | { kind: "text"; key: string; index: number; text: string };

export type Part =
  | { kind: "thinking"; key: string }
  /** Consecutive text blocks, one entry each; or one progress update of a narrating model. */
  | { kind: "message"; key: string; texts: string[] }
  /** `cut`: the input is incomplete, so `{}`; it must not be run. */
  | { kind: "tool_use"; id: string; name: string; input: Record<string, unknown>; cut: boolean };

export interface Finished {
  messageId: string | null;
  /** The model that answered, which may be another than the one asked. */
  model: string | null;
  /** Whether `message_stop` arrived; if not, nothing here may reach the log (reliability.md C7). */
  complete: boolean;
  stopReason: string | null;
  stopDetails: Fields | null;
  /** Null before `message_start`. */
  usage: ResponseUsage | null;
  /** In the response's order. Blocks of other kinds are in `wire` only. */
  parts: Part[];
  /** JSON text of the content array for the next prompt; `[]` when nothing can be replayed: then no assistant turn is sent. */
  wire: string;
}

/** Stop reasons after which the last block may be incomplete (spec/messages.md §12). */
const TRUNCATED = ["max_tokens", "model_context_window_exceeded"];

/** Where a block's text is shown: which message, which entry of it. */
interface Shown {
  key: string;
  index: number;
}

interface Entry {
  block: Block;
  index: number;
  shown: Shown | null;
  /** Whether an `agent.thinking` start was announced. */
  announced: boolean;
  /** Blank text held back until the text says something. */
  held: string;
}

export class ResponseFold {
  readonly #narrates: boolean;
  readonly #entries: Entry[] = [];
  readonly #meter = new UsageMeter();
  /** The message that a further text block would join. */
  #run: Shown | null = null;
  #messageId: string | null = null;
  #model: string | null = null;
  #stopReason: string | null = null;
  #stopDetails: Fields | null = null;
  #stopped = false;
  #broken = false;

  /** `narrates`: the model's non-empty thinking blocks are progress updates for people (spec/messages.md §4). */
  constructor(options: { narrates: boolean }) {
    this.#narrates = options.narrates;
  }

  /** Takes one event as received; unknown ones change nothing. */
  push(event: RawEvent): ResponsePreview[] {
    if (this.#stopped) return [];
    switch (event.type) {
      case "message_start":
        this.#begin(event.message);
        return [];
      case "content_block_start":
        return this.#open(event);
      case "content_block_delta":
        return this.#grow(event);
      case "content_block_stop": {
        const entry = this.#entryOf(event);
        if (entry) entry.block.stopped = true;
        return [];
      }
      case "message_delta":
        this.#close(event);
        return [];
      case "message_stop":
        this.#stopped = true;
        return [];
      default:
        return [];
    }
  }

  /** The response, as far as it came. */
  end(): Finished {
    const truncated = TRUNCATED.includes(this.#stopReason ?? "");
    const last = this.#entries.at(-1);
    const cutAt = (entry: Entry) => truncated && entry === last;
    const wire = this.#entries.map((entry) => entry.block.wire(cutAt(entry))).filter((text) => text !== null);
    return {
      messageId: this.#messageId,
      model: this.#model,
      complete: this.#stopped && !this.#broken,
      stopReason: this.#stopReason,
      stopDetails: this.#stopDetails,
      usage: this.estimate(),
      parts: this.#parts(cutAt),
      wire: `[${wire.join(",")}]`,
    };
  }

  /** Usage so far, with output guessed from the characters streamed until the provider has counted it; null before `message_start`. */
  estimate(): ResponseUsage | null {
    return this.#meter.read(this.#entries.reduce((chars, entry) => chars + entry.block.chars, 0));
  }

  #begin(message: unknown): void {
    if (!isFields(message)) return;
    this.#messageId = stringOf(message.id) || null;
    this.#model = stringOf(message.model) || null;
    this.#meter.start(message.usage);
  }

  #open(event: RawEvent): ResponsePreview[] {
    if (!isFields(event.content_block) || typeof event.index !== "number") {
      this.#broken = true;
      return [];
    }
    const block = new Block(event.content_block);
    const entry: Entry = { block, index: event.index, shown: null, announced: false, held: "" };
    this.#entries.push(entry);
    if (block.type === "tool_use" && (block.id === "" || block.name === "")) this.#broken = true;
    if (block.type !== "text") this.#run = null;
    if (block.type === "redacted_thinking") return this.#announce(entry);
    return block.text === "" ? [] : this.#show(entry, block.text);
  }

  #grow(event: RawEvent): ResponsePreview[] {
    const entry = this.#entryOf(event);
    if (!entry || !isFields(event.delta)) return [];
    const text = entry.block.add(event.delta);
    return text === null ? [] : this.#show(entry, text);
  }

  /** What a piece of text or thinking lets people see. */
  #show(entry: Entry, piece: string): ResponsePreview[] {
    if (entry.block.type === "thinking" && (!this.#narrates || piece === "") && entry.shown === null) {
      return this.#announce(entry);
    }
    const text = entry.held + piece;
    if (entry.shown === null && text.trim() === "") {
      entry.held = text;
      return [];
    }
    entry.held = "";
    const starts = this.#place(entry);
    const { key, index } = entry.shown as Shown;
    return text === "" ? starts : [...starts, { kind: "text", key, index, text }];
  }

  /** Gives the entry its place in a message: after the text block before it, or in a new one, which it announces. */
  #place(entry: Entry): ResponsePreview[] {
    if (entry.shown) return [];
    const joins = entry.block.type === "text" ? this.#run : null;
    entry.shown = joins ? { key: joins.key, index: joins.index + 1 } : { key: `message ${entry.index}`, index: 0 };
    if (entry.block.type === "text") this.#run = entry.shown;
    return joins ? [] : [{ kind: "start", key: entry.shown.key, type: "agent.message" }];
  }

  #announce(entry: Entry): ResponsePreview[] {
    if (entry.announced) return [];
    entry.announced = true;
    return [{ kind: "start", key: thinkingKey(entry), type: "agent.thinking" }];
  }

  #close(event: RawEvent): void {
    this.#meter.update(event.usage);
    if (!isFields(event.delta)) return;
    this.#stopReason = stringOf(event.delta.stop_reason) || this.#stopReason;
    if (isFields(event.delta.stop_details)) this.#stopDetails = event.delta.stop_details;
  }

  #entryOf(event: RawEvent): Entry | undefined {
    const entry = this.#entries.findLast((one) => one.index === event.index);
    // A piece of a block that never began: the response cannot be trusted to be whole.
    if (!entry) this.#broken = true;
    return entry;
  }

  #parts(cutAt: (entry: Entry) => boolean): Part[] {
    const parts: Part[] = [];
    const messages = new Map<string, string[]>();
    for (const entry of this.#entries) {
      const { block, shown } = entry;
      if (block.type === "tool_use") {
        const input = block.input(cutAt(entry));
        parts.push({ kind: "tool_use", id: block.id, name: block.name, input: input ?? {}, cut: input === null });
        continue;
      }
      if (!block.stopped) continue;
      // An update that was first announced as thinking stays that too: an announced event always arrives.
      if (isThinking(block) && (entry.announced || shown === null))
        parts.push({ kind: "thinking", key: thinkingKey(entry) });
      if (shown === null) continue;
      const texts = messages.get(shown.key) ?? [];
      if (texts.length === 0) parts.push({ kind: "message", key: shown.key, texts });
      messages.set(shown.key, texts);
      texts.push(block.text);
    }
    return parts;
  }
}

function isThinking(block: Block): boolean {
  return block.type === "thinking" || block.type === "redacted_thinking";
}

function thinkingKey(entry: Entry): string {
  return `thinking ${entry.index}`;
}
