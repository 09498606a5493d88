/**
 * The internal socket between the Worker and a session: `GET http://session/stream` with `upgrade: websocket`, header `x-sinew-workspace`, and the
 * query `frames` (FRAMES), `thread` (a sthr_ id; absent = primary), `after` (a seq; absent = from now), `deltas` (comma-joined event types). A
 * workspace or thread that does not fit: 404. Other `frames`, which a Worker of another build asks for: 503.
 *
 * Object to subscriber, one text message per frame: a line of JSON, then one line per event that it carries, each the JSON text as the client gets
 * it. So an event becomes text once, in the object, and nobody reads it again on its way.
 *   {"t":"subscribed","seq":n}          first, always; n is the newest seq; everything stored with seq > `after` follows (`after` absent: n)
 *   {"t":"events","seqs":[n,…]}         in seq order; one seq per event, a line each
 *   {"t":"large","seq":n}               one event too long for a frame: fetch it with getEvent(n), in its place in the order
 *   {"t":"delta"}                       one event_start or event_delta
 *   {"t":"deleted"}                     session.deleted, the last frame
 * Subscriber to object:
 *   {"t":"ack","seq":n}                 everything up to n, and every delta before it, has been written *and drained*; the same n again is fine.
 *                                       A subscriber acks soon after it drained something, whatever it still expects: it may be all it gets.
 */
export type ToSubscriber =
  | { t: "subscribed"; seq: number }
  | { t: "events"; seqs: number[]; events: string[] }
  | { t: "large"; seq: number }
  | { t: "delta"; event: string }
  | { t: "deleted"; event: string };
export type FromSubscriber = { t: "ack"; seq: number };

/** The form of the frames. */
export const FRAMES = "lines";

/** Beyond this much unacknowledged, a subscriber is behind: it gets nothing until an ack, then pages from the log; deltas are dropped. */
export const MAX_UNACKED_EVENTS = 256;
export const MAX_UNACKED_BYTES = 1024 * 1024;
/** Delta frames, at DELTA_COST_BYTES each on top of their text, that may be sent since the last ack; beyond it they are dropped. */
export const MAX_UNACKED_DELTA_BYTES = 256 * 1024;
export const DELTA_COST_BYTES = 256;

export function encodeFrame(frame: ToSubscriber): string {
  switch (frame.t) {
    case "events":
      return `{"t":"events","seqs":[${frame.seqs.join(",")}]}\n${frame.events.map(oneLine).join("\n")}`;
    case "delta":
    case "deleted":
      return `{"t":"${frame.t}"}\n${oneLine(frame.event)}`;
    default:
      return JSON.stringify(frame);
  }
}

/** What `encodeFrame` was given. A frame that is one line is all JSON, as builds before the lines sent every frame. */
export function decodeFrame(text: string): ToSubscriber {
  const [head = "", ...events] = text.split("\n");
  const frame = JSON.parse(head) as ToSubscriber;
  if (events[0] === undefined) return frame;
  if (frame.t === "events") frame.events = events;
  if (frame.t === "delta" || frame.t === "deleted") frame.event = events[0];
  return frame;
}

/** The acknowledged seq of an `ack` frame, null for anything else. */
export function ackOf(text: string | ArrayBuffer): number | null {
  if (typeof text !== "string") return null;
  try {
    const frame: unknown = JSON.parse(text);
    if (typeof frame !== "object" || frame === null || !("t" in frame) || frame.t !== "ack" || !("seq" in frame)) {
      return null;
    }
    return typeof frame.seq === "number" && Number.isSafeInteger(frame.seq) && frame.seq >= 0 ? frame.seq : null;
  } catch {
    return null;
  }
}

/** Line breaks stand nowhere in JSON but between its tokens. */
function oneLine(json: string): string {
  return json.includes("\n") ? json.replaceAll("\n", " ") : json;
}
