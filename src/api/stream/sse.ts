/**
 * `…/stream` as server-sent events (spec/core.md §1.9): an adapter over the object's socket, so that the object may hibernate while the
 * client's connection is held here. Nothing is read ahead: a chunk is made when the one before it has been written, and only then acknowledged.
 */
import { ApiError } from "../../protocol/errors.ts";
import type { AppContext } from "../context.ts";
import { envelopeOf } from "../errors.ts";
import { eventDeltas, openSubscription, refuseUnknown, resumeSeq } from "./open.ts";
import type { Subscription } from "./subscription.ts";

/** Comments that keep proxies from closing an idle stream, and find clients that left. */
const KEEPALIVE_MS = 25_000;
/** What a stream's query may hold; `beta` comes from SDKs before 1.3.0. */
const PARAMETERS = ["event_deltas[]", "event_deltas", "after", "ticket", "beta"];

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
  const subscription = await openSubscription(c, sessionId, { thread: threadId, after, deltas: eventDeltas(query) });
  return new Response(streamBody(subscription, ids || after !== null, c.var.requestId), {
    headers: { "content-type": "text/event-stream", "cache-control": "no-cache" },
  });
}

/** The response body. Made by `pull`: it is called when what was enqueued has been written, so a stalled client stalls everything behind it. */
export function streamBody(subscription: Subscription, ids: boolean, requestId: string): ReadableStream<Uint8Array> {
  const chunks = render(subscription, ids);
  const keepalive = setInterval(() => subscription.nudge(), KEEPALIVE_MS);
  const stop = () => {
    clearInterval(keepalive);
    subscription.close();
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
async function* render(subscription: Subscription, ids: boolean): AsyncGenerator<Uint8Array, void> {
  yield CONNECTED;
  for (;;) {
    const frames = await subscription.take();
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
          yield* subscription.event(frame.seq);
          text = "\n\n";
          break;
        case "deleted":
          yield encoder.encode(`${text}${head()}${frame.event}\n\n`);
          return;
      }
    }
    if (text) yield encoder.encode(text);
    subscription.drained(frames);
  }
}

function refusal(requestId: string, { wire }: ApiError): string {
  return `event: error\ndata: ${JSON.stringify(envelopeOf(requestId, wire))}\n\n`;
}

function head(seq?: number): string {
  return seq === undefined ? "event: message\ndata: " : `event: message\nid: ${seq}\ndata: `;
}
