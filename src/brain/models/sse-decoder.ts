/** One server-sent event of a model's answer; `data` is its data lines, joined by line feeds. */
export interface SseFrame {
  event: string;
  data: string;
}

/**
 * Bytes in, whole frames out, in one pass: what is half there waits for its rest, however the bytes were cut. A frame counts once its blank line has
 * come; one that the stream's end cuts off is never given. Comments and fields other than `event` and `data` are skipped.
 */
export class SseDecoder {
  readonly #decoder = new TextDecoder();
  /** The line under way. */
  #line = "";
  /** The text so far ends in CR: an LF that follows belongs to it. */
  #afterCr = false;
  #event = "";
  #data: string[] = [];

  push(bytes: Uint8Array): SseFrame[] {
    let text = this.#decoder.decode(bytes, { stream: true });
    if (text === "") return [];
    if (this.#afterCr && text.startsWith("\n")) text = text.slice(1);
    this.#afterCr = text.endsWith("\r");
    const frames: SseFrame[] = [];
    const lines = text.split(/\r\n|\n|\r/);
    const rest = lines.pop() ?? "";
    for (const line of lines) {
      const frame = this.#take(this.#line + line);
      if (frame) frames.push(frame);
      this.#line = "";
    }
    this.#line += rest;
    return frames;
  }

  /** The frame that a line ends, if it does. */
  #take(line: string): SseFrame | null {
    if (line !== "") {
      const [, field, value = ""] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
      if (field === "event") this.#event = value;
      if (field === "data") this.#data.push(value);
      return null;
    }
    const frame = { event: this.#event, data: this.#data.join("\n") };
    this.#event = "";
    this.#data = [];
    return frame.data === "" ? null : frame;
  }
}
