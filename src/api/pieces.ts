/** The JSON text of a content array as pieces of bytes: what was parsed, and between it the long literals as they lie in the request's body. */
import { ApiError, invalid } from "../protocol/errors.ts";
import type { Body } from "./body.ts";
import { placeholderIndex } from "./scan.ts";

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

export function totalLength(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}

export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(totalLength(pieces));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

interface Block {
  type: string;
  source?: unknown;
}

/** The schemas see placeholders, so base64 is checked here: a model would refuse the whole conversation for it, for ever. */
export function checkBase64(content: readonly Block[], path: string, body: Pick<Body, "reduced" | "bytes">): void {
  for (const [i, { source }] of content.entries()) {
    const { type, data } = Object(source) as { type?: unknown; data?: unknown };
    if (type !== "base64" || typeof data !== "string") continue;
    const index = placeholderIndex(body.reduced, data);
    const { start, end } = body.reduced.ranges[index] ?? { start: 0, end: 0 };
    const bytes = index < 0 ? new TextEncoder().encode(data) : body.bytes.subarray(start + 1, end - 1);
    if (!isBase64(bytes))
      throw new ApiError(
        invalid(`${path}.${i}.source.data: not base64; send A-Z a-z 0-9 + / and = padding, no line breaks`),
      );
  }
}

/** Of a literal's inner bytes: `\/` is JSON's other spelling of a slash. */
function isBase64(bytes: Uint8Array): boolean {
  let count = 0;
  let padding = 0;
  for (let i = 0; i < bytes.length; i++) {
    let byte = bytes[i] as number;
    if (byte === 0x5c && bytes[i + 1] === 0x2f) byte = bytes[++i] as number;
    count++;
    if (byte === 0x3d) padding++;
    else if (padding > 0 || !isDigit64(byte)) return false;
  }
  return count % 4 === 0 && padding <= 2 && count > padding;
}

function isDigit64(byte: number): boolean {
  return (
    (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a) || (byte >= 0x2f && byte <= 0x39) || byte === 0x2b
  );
}
