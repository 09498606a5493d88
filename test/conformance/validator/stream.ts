/** Rules about the frames of one connection, in the order they came (spec/core.md §1.9, §4.7). */
import type { Rule, Say } from "./report.ts";
import { isObject, type JsonObject } from "./walk.ts";

interface Preview {
  type: unknown;
  /** Text so far, by content index. */
  text: Map<number, string>;
  /** The final event came, or its model request ended without it. */
  closed: boolean;
}

const START = "event_start";
const DELTA = "event_delta";
const isStored = (frame: JsonObject): boolean => frame.type !== START && frame.type !== DELTA;

/** What the connection has heard before a frame. */
type Visit = (frame: JsonObject, path: string, previews: Map<string, Preview>, stored: Set<string>) => void;

function replay(frames: JsonObject[], visit: Visit): void {
  const previews = new Map<string, Preview>();
  const stored = new Set<string>();
  for (const [i, frame] of frames.entries()) {
    visit(frame, `/${i}`, previews, stored);
    if (frame.type === START) {
      const event = isObject(frame.event) ? frame.event : {};
      previews.set(String(event.id), { type: event.type, text: new Map(), closed: false });
    } else if (frame.type === DELTA) {
      const preview = previews.get(String(frame.event_id));
      const { index, text } = piece(frame);
      preview?.text.set(index, (preview.text.get(index) ?? "") + text);
    } else {
      stored.add(String(frame.id));
      const preview = previews.get(String(frame.id));
      if (preview) preview.closed = true;
      if (frame.type === "span.model_request_end") for (const open of previews.values()) open.closed = true;
    }
  }
}

function piece(frame: JsonObject): { index: number; text: string } {
  const delta = isObject(frame.delta) ? frame.delta : {};
  const content = isObject(delta.content) ? delta.content : {};
  return { index: typeof delta.index === "number" ? delta.index : 0, text: String(content.text ?? "") };
}

/** One `event_start` per id, and before the event itself. */
function startOnce(frames: JsonObject[], say: Say): void {
  replay(frames, (frame, path, previews, stored) => {
    if (frame.type !== START) return;
    const id = isObject(frame.event) ? String(frame.event.id) : "";
    say(path, !previews.has(id) && !stored.has(id), `${id} is announced a second time or after it came`);
  });
}

/** Deltas belong to an announced message; thinking has a start only. */
function deltaAnnounced(frames: JsonObject[], say: Say): void {
  replay(frames, (frame, path, previews) => {
    if (frame.type !== DELTA) return;
    const type = previews.get(String(frame.event_id))?.type;
    say(path, type === "agent.message", `a delta for ${frame.event_id}, announced as ${type ?? "nothing"}`);
  });
}

/** The final event is the last frame for its id; the end of the model request closes previews that have none. */
function finalLast(frames: JsonObject[], say: Say): void {
  replay(frames, (frame, path, previews) => {
    const id = frame.type === DELTA ? String(frame.event_id) : String(frame.id);
    const preview = previews.get(id);
    if (preview) say(path, !preview.closed, `${frame.type} for ${id} after its preview was closed`);
  });
}

/** The event has the announced type, and the deltas together are a prefix of its text. */
function deltaPrefix(frames: JsonObject[], say: Say): void {
  replay(frames, (frame, path, previews) => {
    const preview = isStored(frame) ? previews.get(String(frame.id)) : undefined;
    if (!preview) return;
    say(path, frame.type === preview.type, `announced as ${preview.type}, came as ${frame.type}`);
    const content = Array.isArray(frame.content) ? frame.content : [];
    for (const [index, text] of preview.text) {
      const final: unknown = content[index];
      const whole = isObject(final) ? String(final.text) : "";
      say(`${path}/content/${index}`, whole.startsWith(text), "the deltas are no prefix of the final text");
    }
  });
}

/** Stored events come once, when they are stamped, in the order of their stamps. */
function storedOnce(frames: JsonObject[], say: Say): void {
  let last = "";
  replay(frames, (frame, path, _previews, stored) => {
    if (!isStored(frame)) return;
    const stamp = frame.processed_at;
    say(path, !stored.has(String(frame.id)), `${frame.id} came twice`);
    say(path, typeof stamp === "string", `${frame.type} came without processed_at`);
    if (typeof stamp !== "string" || frame.type === "agent.thinking") return;
    say(path, stamp > last, `${stamp} came after ${last}`);
    last = stamp;
  });
}

/** `session.deleted` is the last frame. */
function deletedLast(frames: JsonObject[], say: Say): void {
  for (const [i, frame] of frames.entries()) {
    if (frame.type === "session.deleted") say(`/${i}`, i === frames.length - 1, "frames after session.deleted");
  }
}

export const STREAM_RULES: readonly Rule<JsonObject[]>[] = [
  { id: "stream.start-once", source: "spec/core.md §4.7", check: startOnce },
  { id: "stream.delta-announced", source: "spec/core.md §4.7", check: deltaAnnounced },
  { id: "stream.final-last", source: "spec/core.md §4.7", check: finalLast },
  { id: "stream.delta-prefix", source: "spec/core.md §4.7", check: deltaPrefix },
  { id: "stream.stored-once", source: "spec/core.md §1.9, §12", check: storedOnce },
  { id: "stream.deleted-last", source: "spec/core.md §1.9", check: deletedLast },
];
