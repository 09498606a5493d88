/** The JSON text of a content array as pieces of bytes: what was parsed, and between it the long literals as they lie in the request's body. */

import { placeholderIndex } from "./body/large.ts";
import type { Body } from "./body/read.ts";

const QUOTE_AND_INDEX = 10;

/** Nothing is copied: long pieces are views of the body's bytes. */
export function contentPieces(content: unknown, { reduced, bytes }: Pick<Body, "reduced" | "bytes">): Uint8Array[] {
  const text = JSON.stringify(content);
  const encoder = new TextEncoder();
  const pieces: Uint8Array[] = [];
  let from = 0;
  while (reduced.ranges.length > 0) {
    const at = text.indexOf(`"${reduced.nonce}`, from);
    if (at < 0) break;
    const end = at + reduced.nonce.length + QUOTE_AND_INDEX;
    const range = reduced.ranges[placeholderIndex(reduced, text.slice(at + 1, end - 1))] as {
      start: number;
      end: number;
    };
    pieces.push(encoder.encode(text.slice(from, at)), bytes.subarray(range.start, range.end));
    from = end;
  }
  pieces.push(encoder.encode(text.slice(from)));
  return pieces;
}
