/** Controls of the stream rules: the frames of a golden connection, and the same frames spoiled. */
import { expandStream, idOf, stampOf } from "../../golden/expand.ts";
import { whileStreaming } from "../../golden/queue.ts";
import { plainText } from "../../golden/turns.ts";
import { type Control, change, insert, move, stream } from "./control.ts";

// 0-1 running, 2 message, 3 start, 4-5 event_start, 6-7 deltas, 8 thinking, 9 message, 10 end, 11-13 idle
const PLAIN = expandStream(plainText.stream ?? []);
// 0-1 running, 2 message, 3 start, 4 event_start, 5-6 deltas, 7 failed end, 8 interrupt, 9-11 idle
const CUT = expandStream(whileStreaming.stream ?? []);
const at = (frames: Record<string, unknown>[], i: number): Record<string, unknown> => frames[i] ?? {};
const DELETED = { id: idOf("@deleted"), type: "session.deleted", processed_at: stampOf(99) };
const WITH_DELETED = [...PLAIN, DELETED];

export const STREAM_CONTROLS: Control[] = [
  stream("stream.start-once", "announced twice", PLAIN, (f) => insert(f, 7, at(f, 5))),
  stream("stream.start-once", "announced after it came", PLAIN, (f) => move(f, 4, 8)),
  stream("stream.delta-announced", "a delta before the start", PLAIN, (f) => move(f, 6, 5)),
  stream("stream.delta-announced", "a delta of thinking", PLAIN, (f) => change(f, 6, { event_id: idOf("@thought") })),
  stream("stream.final-last", "a delta after the message", PLAIN, (f) => move(f, 7, 9)),
  stream("stream.final-last", "a delta after the end of the request", CUT, (f) => move(f, 6, 7)),
  stream("stream.delta-prefix", "a delta lost in the middle", PLAIN, (f) => f.filter((_, i) => i !== 6)),
  stream("stream.delta-prefix", "another text in the message", PLAIN, (f) =>
    change(f, 9, { content: [{ type: "text", text: "Goodbye." }] }),
  ),
  stream("stream.delta-prefix", "announced as thinking, came as a message", PLAIN, (f) =>
    change(f, 4, { event: { id: idOf("@message"), type: "agent.thinking" } }).filter((_, i) => i < 5 || i > 8),
  ),
  stream("stream.stored-once", "the same event twice", PLAIN, (f) => insert(f, 3, at(f, 2))),
  stream("stream.stored-once", "a pending echo", PLAIN, (f) => change(f, 2, { processed_at: undefined })),
  stream("stream.stored-once", "out of order", PLAIN, (f) => move(f, 11, 12)),
  stream("stream.deleted-last", "a frame after session.deleted", WITH_DELETED, (f) => move(f, 14, 13)),
];
