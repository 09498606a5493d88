import type { Preview } from "../brain/thread.ts";
import type { PreviewFrame } from "./socketPreviews.ts";

/** A preview as the readers of its thread are sent it (spec/core.md §4.7). */
export function previewFrame(thread: number, preview: Preview): PreviewFrame {
  const { id, type } = preview;
  return {
    eventType: type,
    starts: preview.kind === "start",
    id,
    text: JSON.stringify(eventOf(preview)),
    thread,
  };
}

function eventOf(preview: Preview): object {
  const { id, type } = preview;
  if (preview.kind === "start") return { type: "event_start", event: { type, id } };
  const content = { type: "text", text: preview.text };
  return { type: "event_delta", event_id: id, delta: { type: "content_delta", index: preview.index, content } };
}
