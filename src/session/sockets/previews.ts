/**
 * Previews on their way out (spec/core.md §4.7): ephemeral, never stored. The first delta of an event leaves at once, later ones together,
 * since a frame per token would cost a message per token and reader.
 */
const FLUSH_MS = 10;
const FLUSH_PIECES = 16;

/** One `event_start` or `event_delta` as the loop hands it over. */
export interface PreviewFrame {
  /** The previewed event's type: what a subscriber asks for. */
  eventType: string;
  /** True for `event_start`. */
  starts: boolean;
  /** The previewed event's id. */
  id: string;
  /** JSON text of the `event_start` or `event_delta`. */
  text: string;
  thread: number;
}

interface TextDelta {
  type: "event_delta";
  event_id: string;
  delta: { type: "content_delta"; index?: number; content: { type: "text"; text: string } };
}

interface Pending {
  frame: PreviewFrame;
  delta: TextDelta;
  pieces: number;
}

/** Runs `run` once after `ms`. */
export type Later = (run: () => void, ms: number) => void;

export class Previews {
  readonly #emit: (frame: PreviewFrame) => void;
  readonly #later: Later;
  readonly #pending = new Map<number, Pending>();
  /** By thread: the id whose first delta has left. */
  readonly #running = new Map<number, string>();
  #timer = false;

  /** `emit` gets the frames to send, merged where they could be. */
  constructor(emit: (frame: PreviewFrame) => void, later: Later) {
    this.#emit = emit;
    this.#later = later;
  }

  push(frame: PreviewFrame): void {
    const pending = this.#pending.get(frame.thread);
    const delta = frame.starts ? null : textDelta(frame.text);
    if (pending && delta && pending.frame.id === frame.id && pending.delta.delta.index === delta.delta.index) {
      pending.delta.delta.content.text += delta.delta.content.text;
      pending.pieces += 1;
      if (pending.pieces >= FLUSH_PIECES) this.flush(frame.thread);
      return;
    }
    this.flush(frame.thread);
    if (delta === null || this.#running.get(frame.thread) !== frame.id) {
      if (delta !== null) this.#running.set(frame.thread, frame.id);
      this.#emit(frame);
      return;
    }
    this.#pending.set(frame.thread, { frame, delta, pieces: 1 });
    this.#arm();
  }

  /** Sends what waits in a thread: called before any row of the thread goes out, so that a preview precedes its event. */
  flush(thread: number): void {
    const pending = this.#pending.get(thread);
    if (!pending) return;
    this.#pending.delete(thread);
    this.#emit({ ...pending.frame, text: JSON.stringify(pending.delta) });
  }

  #arm(): void {
    if (this.#timer) return;
    this.#timer = true;
    this.#later(() => {
      this.#timer = false;
      for (const thread of [...this.#pending.keys()]) this.flush(thread);
    }, FLUSH_MS);
  }
}

/** A delta that can be merged with its neighbours, or null for one of a kind this build does not know. */
function textDelta(text: string): TextDelta | null {
  const frame = JSON.parse(text) as Partial<TextDelta>;
  return frame.delta?.type === "content_delta" && frame.delta.content?.type === "text" ? (frame as TextDelta) : null;
}
