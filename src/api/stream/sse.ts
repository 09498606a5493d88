/**
 * `…/stream` as server-sent events (spec/core.md §1.9): an adapter over the object's socket, so that the object may hibernate while the
 * client's connection is held here. Nothing is read ahead: a chunk is made when the one before it has been written, and only then acknowledged.
 */
import { ApiError, invalid } from "../../protocol/errors.ts";
import { DELTA_TYPES } from "../../protocol/events.ts";
import { MAX_EVENT_DELTAS } from "../../protocol/queries.ts";
import type { AppContext } from "../context.ts";
import { envelopeOf } from "../errors.ts";
import { sessionObject } from "../objects.ts";
import { closeWhenRevoked } from "../standing.ts";
import { Feed } from "./subscription.ts";

/** Comments that keep proxies from closing an idle stream, and find clients that left. */
const KEEPALIVE_MS = 25_000;
/** What a stream's query may hold; `beta` comes from SDKs before 1.3.0. */
const PARAMETERS = ["event_deltas[]", "event_deltas", "after", "ticket", "beta"];

/** Characters of a name that a message repeats. */
const QUOTED_CHARS = 80;
const UNAUTHORIZED = 401;

const encoder = new TextEncoder();
const CONNECTED = encoder.encode(": connected\n\n");
const KEEPALIVE = encoder.encode(":keepalive\n\n");

/**
 * Answers `GET /v1/sessions/{id}/events/stream` and `…/threads/{id}/stream`; `threadId` null is the primary thread. The caller has checked the ids'
 * form.
 * `ids`: each stored event has an `id:` line; a resumed stream has them anyway.
 * The body ends after `session.deleted`, and after an `event: error` with the envelope for a reader that is refused from now on, as when its
 * key is revoked; a session that stays away makes it break off.
 */
export async function streamEvents(
  c: AppContext,
  sessionId: string,
  threadId: string | null,
  { ids = false } = {},
): Promise<Response> {
  const query = new URL(c.req.url).searchParams;
  refuseUnknown(query, PARAMETERS);
  const after = resumeSeq(c.req.raw.headers, query);
  const feed = await Feed.open({
    stub: () => sessionObject(c.env, sessionId),
    workspace: c.var.workspace,
    thread: threadId,
    after,
    deltas: eventDeltas(query),
  });
  closeWhenRevoked(c, feed);
  return new Response(streamBody(feed, ids || after !== null, c.var.requestId), {
    headers: { "content-type": "text/event-stream", "cache-control": "no-cache" },
  });
}

/** 400 for a parameter that the stream or socket does not have. */
export function refuseUnknown(query: URLSearchParams, known: readonly string[]): void {
  const unknown = [...query.keys()].find((name) => !known.includes(name));
  if (unknown !== undefined) throw new ApiError(invalid(`${unknown.slice(0, QUOTED_CHARS)}: unknown key; remove it`));
}

/** Where to go on from, if the client asks for it; the hosted API has no replay. `Last-Event-ID` is newer than the URL it comes with. */
export function resumeSeq(headers: Headers, query: URLSearchParams): number | null {
  const header = headers.get("last-event-id") || null;
  const text = header ?? query.get("after");
  if (text === null) return null;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new ApiError(
    invalid(
      `${header === null ? "after" : "last-event-id"}: must be the id of a received event, a whole number from 0`,
    ),
  );
}

/** Types whose previews are wanted, each once. */
export function eventDeltas(query: URLSearchParams): string[] {
  const values = [...query.getAll("event_deltas[]"), ...query.getAll("event_deltas")];
  if (values.length > MAX_EVENT_DELTAS) {
    throw new ApiError(invalid(`event_deltas: must have at most ${MAX_EVENT_DELTAS} values, has ${values.length}`));
  }
  for (const value of values) {
    if (DELTA_TYPES.some((type) => type === value)) continue;
    throw new ApiError(
      invalid(`event_deltas: must be ${DELTA_TYPES.join(" or ")}, is ${JSON.stringify(value.slice(0, 80))}`),
    );
  }
  return [...new Set(values)];
}

/** The response body. Made by `pull`: it is called when what was enqueued has been written, so a stalled client stalls everything behind it. */
export function streamBody(feed: Feed, ids: boolean, requestId: string): ReadableStream<Uint8Array> {
  const chunks = render(feed, ids);
  const keepalive = setInterval(() => feed.nudge(), KEEPALIVE_MS);
  const stop = () => {
    clearInterval(keepalive);
    feed.close();
  };
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await chunks.next();
          if (!done) return controller.enqueue(value);
          stop();
          controller.close();
        } catch (error) {
          stop();
          if (!(error instanceof ApiError && error.wire.status === UNAUTHORIZED)) return controller.error(error);
          // A revoked key is told as a frame, so that its owner knows why; whatever else ends a stream breaks it off, and clients open it again.
          controller.enqueue(encoder.encode(refusal(requestId, error)));
          controller.close();
        }
      },
      async cancel() {
        stop();
        await chunks.return();
      },
    },
    { highWaterMark: 0 },
  );
}

/** The stream's bytes. A `yield` comes back when its chunk has been written. */
async function* render(feed: Feed, ids: boolean): AsyncGenerator<Uint8Array, void> {
  yield CONNECTED;
  for (;;) {
    const frames = await feed.take();
    if (frames === null) return;
    if (frames.length === 0) yield KEEPALIVE;
    let text = "";
    for (const frame of frames) {
      switch (frame.t) {
        case "events":
          frame.events.forEach((event, i) => {
            text += `${head(ids ? frame.seqs[i] : undefined)}${event}\n\n`;
          });
          break;
        case "delta":
          text += `${head()}${frame.event}\n\n`;
          break;
        case "large":
          yield encoder.encode(text + head(ids ? frame.seq : undefined));
          yield* feed.event(frame.seq);
          text = "\n\n";
          break;
        case "deleted":
          yield encoder.encode(`${text}${head()}${frame.event}\n\n`);
          return;
      }
    }
    if (text) yield encoder.encode(text);
    feed.drained(frames);
  }
}

function refusal(requestId: string, { wire }: ApiError): string {
  return `event: error\ndata: ${JSON.stringify(envelopeOf(requestId, wire))}\n\n`;
}

function head(seq?: number): string {
  return seq === undefined ? "event: message\ndata: " : `event: message\nid: ${seq}\ndata: `;
}
