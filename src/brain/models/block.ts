/**
 * One content block of a response as it arrives, and its JSON text for the next prompt (spec/messages.md §5, §11). Nothing is repaired: fields
 * and block types that we do not know stay as received, and a tool's input is the received text itself.
 */

export type Fields = Readonly<Record<string, unknown>>;

/** Levels of objects and arrays in a tool's input. What is deeper gets through no process boundary, so it counts as cut. */
const MAX_INPUT_DEPTH = 128;

export class Block {
  readonly type: string;
  /** Whether `content_block_stop` arrived. */
  stopped = false;
  /** Characters of output so far; the signature counts, since it carries thinking that is not shown. */
  chars = 0;
  readonly #start: Fields;
  readonly #text: string[] = [];
  readonly #json: string[] = [];
  readonly #citations: unknown[] = [];
  #final: Fields = {};

  constructor(start: Fields) {
    this.#start = start;
    this.type = String(start.type);
    if (this.type === "text") this.#text.push(stringOf(start.text));
    if (this.type === "thinking") this.#text.push(stringOf(start.thinking));
    this.chars = this.text.length;
  }

  /** The text of a text block, or what a thinking block shows. */
  get text(): string {
    return this.#text.join("");
  }

  get id(): string {
    return stringOf(this.#start.id);
  }

  get name(): string {
    return stringOf(this.#start.name);
  }

  /** Takes a delta; returns the text it adds to a text or thinking block, null for any other delta. Unknown deltas are ignored. */
  add(delta: Fields): string | null {
    switch (delta.type) {
      case "text_delta":
        return this.#append(this.#text, delta.text);
      case "thinking_delta":
        return this.#append(this.#text, delta.thinking);
      case "input_json_delta":
        this.#append(this.#json, delta.partial_json);
        return null;
      case "signature_delta":
        this.chars += stringOf(delta.signature).length;
        this.#final = { ...this.#final, signature: delta.signature };
        return null;
      case "citations_delta":
        this.#citations.push(delta.citation);
        return null;
      case "compaction_delta": {
        const { type: _, ...values } = delta;
        this.#final = { ...this.#final, ...values };
        return null;
      }
      default:
        return null;
    }
  }

  /**
   * A tool's input; null when it is cut: the block never stopped, or its text is not one JSON object. A response that was `truncated` and ends in
   * this block may also have been cut before the first character, which reads like an empty input.
   */
  input(truncated: boolean): Fields | null {
    if (!this.stopped) return null;
    const text = this.#json.join("");
    if (text !== "") return parseObject(text);
    const given = this.#given();
    return truncated && Object.keys(given).length === 0 ? null : given;
  }

  /** The block as JSON text for the next prompt; null when the provider would refuse it or it is not whole (spec/messages.md §2, §5). */
  wire(truncated: boolean): string | null {
    if (this.type === "tool_use") return this.#withInput(truncated);
    if (!this.stopped) return null;
    if (this.type === "text" && this.text.trim() === "") return null;
    if (this.type === "thinking" && !this.#signature()) return null;
    if (this.#json.length > 0) return this.#withInput(truncated);
    const text = this.type === "text" ? { text: this.text } : this.type === "thinking" ? { thinking: this.text } : {};
    const citations =
      this.#citations.length > 0 ? { citations: [...listOf(this.#start.citations), ...this.#citations] } : {};
    return JSON.stringify({ ...this.#start, ...text, ...citations, ...this.#final });
  }

  /** The received text of the input in its place among the block's fields; `{}` for a cut one. */
  #withInput(truncated: boolean): string {
    const input = this.input(truncated) === null ? "{}" : this.#json.join("") || JSON.stringify(this.#given());
    const fields = Object.entries({ ...this.#start, input: null }).map(
      ([key, value]) => `${JSON.stringify(key)}:${key === "input" ? input : JSON.stringify(value)}`,
    );
    return `{${fields.join(",")}}`;
  }

  /** The input that came whole with the block's start; Anthropic sends `{}` there, some others all of it. */
  #given(): Fields {
    return isFields(this.#start.input) ? this.#start.input : {};
  }

  #signature(): string {
    return stringOf(this.#final.signature ?? this.#start.signature);
  }

  #append(list: string[], piece: unknown): string {
    const text = stringOf(piece);
    list.push(text);
    this.chars += text.length;
    return text;
  }
}

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function stringOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function parseObject(text: string): Fields | null {
  try {
    const value: unknown = JSON.parse(text);
    return isFields(value) && isWithin(value, MAX_INPUT_DEPTH) ? value : null;
  } catch {
    return null;
  }
}

function isWithin(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  return levels > 0 && Object.values(value).every((inner) => isWithin(inner, levels - 1));
}
