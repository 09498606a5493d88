import { byteStream, type OpenRemote } from "../log/read.ts";
import { stamp } from "../log/rows.ts";
import type { Draft } from "./rpc.ts";

/**
 * The answer to a POST of events: what was sent, with ids and, where already processed, stamps, in posted order (spec/core.md §4.3). It is made
 * from the request's own bytes, so a repeated POST is answered without looking its events up.
 */
export function echoBody(
  drafts: Draft[],
  stored: { id: string; ts: number | null }[],
  remote: OpenRemote,
): ReadableStream<Uint8Array> {
  async function* body(): AsyncGenerator<Uint8Array> {
    yield encode('{"data":[');
    for (const [i, draft] of drafts.entries()) {
      const { id, ts } = stored[i] as { id: string; ts: number | null };
      const inner = draft.body.slice(1, -1);
      yield encode(`${i > 0 ? "," : ""}{"id":"${id}","type":"${draft.type}"${inner ? `,${inner}` : ""}`);
      if (draft.content) {
        yield encode(',"content":');
        if (draft.content instanceof Uint8Array) yield draft.content;
        else yield* remoteBytes(await remote(draft.content));
      }
      yield encode(ts === null ? "}" : `,"processed_at":"${stamp(ts)}"}`);
    }
    yield encode("]}");
  }
  return byteStream(body());
}

async function* remoteBytes(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of stream) yield chunk;
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
