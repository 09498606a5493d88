/**
 * Previews on their way out (spec/core.md §4.7): ephemeral, never stored. The first delta of an event leaves at once, later ones together,
 * since a frame per token would cost a message per token and reader.
 */
import type { Preview } from "../../brain/thread.ts";

const FLUSH_MS = 10;
const FLUSH_PIECES = 16;

/** A preview and the thread whose readers it is for. */
export type ThreadPreview = Preview & { thread: number };

/** Runs `run` once after `ms`. */
export type Later = (run: () => void, ms: number) => void;

interface Pending {
  preview: Extract<ThreadPreview, { kind: "text" }>;
  pieces: number;
}

export class Previews {
  readonly #emit: (preview: ThreadPreview) => void;
  readonly #later: Later;
  readonly #pending = new Map<number, Pending>();
  /** By thread: the id whose first delta has left. */
  readonly #running = new Map<number, string>();
  #timer = false;

  /** `emit` gets the previews to send, merged where they could be. */
  constructor(emit: (preview: ThreadPreview) => void, later: Later) {
    this.#emit = emit;
    this.#later = later;
  }

  push(preview: ThreadPreview): void {
    const { thread, id } = preview;
    const pending = this.#pending.get(thread);
    if (pending && preview.kind === "text" && pending.preview.id === id && pending.preview.index === preview.index) {
      pending.preview.text += preview.text;
      pending.pieces += 1;
      if (pending.pieces >= FLUSH_PIECES) this.flush(thread);
      return;
    }
    this.flush(thread);
    if (preview.kind === "start" || this.#running.get(thread) !== id) {
      if (preview.kind === "text") this.#running.set(thread, id);
      this.#emit(preview);
      return;
    }
    this.#pending.set(thread, { preview: { ...preview }, pieces: 1 });
    this.#arm();
  }

  /** Sends what waits in a thread: called before any row of the thread goes out, so that a preview precedes its event. */
  flush(thread: number): void {
    const pending = this.#pending.get(thread);
    if (!pending) return;
    this.#pending.delete(thread);
    this.#emit(pending.preview);
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

/** The JSON text of the `event_start` or `event_delta` that readers are sent. */
export function previewText(preview: Preview): string {
  const { id, type } = preview;
  if (preview.kind === "start") return JSON.stringify({ type: "event_start", event: { type, id } });
  const content = { type: "text", text: preview.text };
  const delta = { type: "content_delta", index: preview.index, content };
  return JSON.stringify({ type: "event_delta", event_id: id, delta });
}
