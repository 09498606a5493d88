/**
 * From validated events to what the Session object takes: content as bytes, the largest of it already in R2, since one RPC message ends at 32 MiB
 * and an object has 24 MiB (design §1, §4).
 */
import { createHash } from "node:crypto";
import { joined, totalLength } from "../log/bytes.ts";
import type { Outcome } from "../protocol/errors.ts";
import type { EventParams } from "../protocol/events.ts";
import type { Draft } from "../session/rpc.ts";
import type { Body } from "./body/read.ts";
import { checkLong } from "./literals.ts";
import { contentPieces } from "./pieces.ts";

/** What the contents of one batch may weigh inside the call; the content that goes beyond it travels through R2. */
export const MAX_INLINE_BYTES = 8 * 1024 * 1024;

interface Upload {
  key: string;
  pieces: Uint8Array[];
  bytes: number;
}

/** A batch that is ready, but for its uploads. */
export interface Batch {
  drafts: Draft[];
  uploads: Upload[];
}

/** `list` is the body's key, for the paths of messages. Throws a 400 for what the schemas could not see: base64 that is none, long blank texts. */
export function makeBatch(
  events: readonly EventParams[],
  list: "events" | "initial_events",
  body: Body,
  sessionId: string,
): Batch {
  const batch: Batch = { drafts: [], uploads: [] };
  let inline = 0;
  for (const [i, event] of events.entries()) {
    const { type, ...rest } = event;
    const content = "content" in event ? event.content : undefined;
    const fields = JSON.stringify({ ...rest, content: undefined });
    if (content === undefined) {
      batch.drafts.push({ type, body: fields, content: null });
      continue;
    }
    checkLong(content, `${list}.${i}.${type.replaceAll(".", "_")}.content`, body);
    const pieces = contentPieces(content, body);
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
export async function delivered<T>(
  batch: Batch,
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
