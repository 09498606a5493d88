/**
 * Sending client events to a session: their content as bytes, the largest of it already in R2, since one RPC message ends at 32 MiB and an object
 * has 24 MiB (design §1, §4).
 */
import { createHash } from "node:crypto";
import { joined, totalLength } from "../log/bytes.ts";
import { ApiError, type Outcome, unwrap } from "../protocol/errors.ts";
import type { EventParams } from "../protocol/events.ts";
import { refuseUnsupported, unsupportedEvents } from "../protocol/unsupported.ts";
import type { Draft, Sender } from "../session/rpc.ts";
import { admitWork, isWorkHeld } from "./admission.ts";
import { concurrencyLimit, knownLimit } from "./concurrency-limit.ts";
import type { Caller, Platform } from "./platform.ts";

/** What the contents of one batch may weigh inside the call; the content that goes beyond it travels through R2. */
export const MAX_INLINE_BYTES = 8 * 1024 * 1024;

/** The content of validated events, some of whose long strings may still lie in the request's body. */
export interface ContentSource {
  /** Throws a 400 that begins with `path` for what the schemas could not see: base64 that is none, long blank texts. */
  check(content: unknown, path: string): void;
  /** The content's JSON text as pieces of bytes; nothing is copied. */
  pieces(content: unknown): Uint8Array[];
}

/** Events as a client has sent them, validated but for their content. */
export interface SentEvents {
  events: readonly EventParams[];
  content: ContentSource;
  sender: Sender;
}

interface Upload {
  key: string;
  pieces: Uint8Array[];
  bytes: number;
}

/** Events that are ready for their session, but for their uploads. */
export interface EventBatch {
  drafts: Draft[];
  uploads: Upload[];
}

/** Answers `{"data":[…]}` as bytes of JSON that the session made. On the way to the model: nothing here waits for D1 unless it is about to refuse. */
export async function sendEvents(
  platform: Platform,
  caller: Caller,
  sessionId: string,
  { events, content, sender }: SentEvents,
): Promise<ReadableStream<Uint8Array>> {
  refuseUnsupported(unsupportedEvents(events));
  refuseToolResults(events);
  const batch = makeBatch(events, "events", content, sessionId);
  const object = platform.session(sessionId);
  const send = (more: Pick<Sender, "full" | "held">) =>
    deliver(batch, platform.blobs, () => object.emitEvents(caller.workspace, batch.drafts, { ...sender, ...more }));
  const interrupts = events.every((event) => event.type === "user.interrupt");
  if (!interrupts) await admitWork(platform, caller, "known");
  // Nothing is stored under the id of a session that is another workspace's or none.
  if (batch.uploads.length > 0) unwrap(await object.getSession(caller.workspace));
  // An interrupt is never refused, but where nothing may run it begins nothing.
  if (interrupts) return unwrap(await send({ held: await isWorkHeld(platform, caller) }));
  const full = knownLimit(platform, caller, sessionId);
  const outcome = await send({ full });
  // The session would begin to run and is refused by numbers that may be old: only now is it worth asking.
  if (outcome.ok || full === null || outcome.error.status !== full.status) return unwrap(outcome);
  return unwrap(await send({ full: await concurrencyLimit(platform, caller, sessionId) }));
}

/** `list` is the body's key, for the paths of messages. */
export function makeBatch(
  events: readonly EventParams[],
  list: "events" | "initial_events",
  source: ContentSource,
  sessionId: string,
): EventBatch {
  const batch: EventBatch = { drafts: [], uploads: [] };
  let inline = 0;
  for (const [i, event] of events.entries()) {
    const { type, ...rest } = event;
    const content = "content" in event ? event.content : undefined;
    const fields = JSON.stringify({ ...rest, content: undefined });
    if (content === undefined) {
      batch.drafts.push({ type, body: fields, content: null });
      continue;
    }
    source.check(content, `${list}.${i}.${type.replaceAll(".", "_")}.content`);
    const pieces = source.pieces(content);
    const bytes = totalLength(pieces);
    if (inline + bytes <= MAX_INLINE_BYTES) {
      inline += bytes;
      batch.drafts.push({ type, body: fields, content: joined(pieces) });
    } else {
      const sha = shaOf(pieces);
      const key = `sessions/${sessionId}/${sha}`;
      if (!batch.uploads.some((upload) => upload.key === key)) batch.uploads.push({ key, pieces, bytes });
      batch.drafts.push({ type, body: fields, content: { sha, bytes, where: "r2" } });
    }
  }
  return batch;
}

/**
 * Uploads, then calls `send`. What it uploaded is deleted again only when there is no such session: while there is one, another request may have
 * found the same content there and have had it accepted. What a refused request leaves goes with the session.
 */
export async function deliver<T>(
  batch: EventBatch,
  blobs: R2Bucket,
  send: () => Promise<Outcome<T>>,
): Promise<Outcome<T>> {
  const mine: string[] = [];
  for (const upload of batch.uploads) {
    if (await blobs.head(upload.key)) continue;
    await put(blobs, upload);
    mine.push(upload.key);
  }
  const outcome = await send();
  if (!outcome.ok && outcome.error.status === 404 && mine.length > 0) await blobs.delete(mine);
  return outcome;
}

/** As a stream of known length: the content is never one buffer. */
async function put(blobs: R2Bucket, { key, pieces, bytes }: Upload): Promise<void> {
  const { readable, writable } = new FixedLengthStream(bytes);
  const written = (async () => {
    const writer = writable.getWriter();
    for (const piece of pieces) await writer.write(piece);
    await writer.close();
  })();
  await Promise.all([written, blobs.put(key, readable)]);
}

function shaOf(pieces: readonly Uint8Array[]): string {
  const hash = createHash("sha256");
  for (const piece of pieces) hash.update(piece);
  return hash.digest("hex");
}

/** Only an environment's or a work item's credential may send these, and there are none in this version (spec/core.md §4.3). */
function refuseToolResults(events: readonly EventParams[]): void {
  const index = events.findIndex((event) => event.type === "user.tool_result");
  if (index < 0) return;
  const message =
    `events[${index}]: user.tool_result needs an environment's credential; ` +
    "an API key answers custom tools with user.custom_tool_result";
  throw new ApiError({ status: 403, type: "permission_error", message });
}
