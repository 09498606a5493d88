/** The JSON text of a content array as pieces of bytes: what was parsed, and between it the long literals as they lie in the request's body. */
import { BLANK } from "../protocol/content.ts";
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

type Bytes = Pick<Body, "reduced" | "bytes">;

/** The schemas see placeholders, so long literals are checked here: a model would refuse the whole conversation for them, for ever. */
export function checkLong(content: unknown, path: string, body: Bytes): void {
  if (content === null || typeof content !== "object") return;
  for (const [key, value] of Object.entries(content)) {
    const at = `${path}.${key}`;
    if (typeof value !== "string") checkLong(value, at, body);
    else if (key === "data" && "type" in content && content.type === "base64") checkBase64(value, at, body);
    else if (key === "text" && placeholderIndex(body.reduced, value) >= 0) checkWords(value, at, body);
  }
}

function checkBase64(data: string, path: string, body: Bytes): void {
  const bytes = placeholderIndex(body.reduced, data) < 0 ? new TextEncoder().encode(data) : inner(data, body);
  if (isBase64(bytes)) return;
  throw new ApiError(invalid(`${path}: not base64; send A-Z a-z 0-9 + / and = padding, no line breaks`));
}

function checkWords(text: string, path: string, body: Bytes): void {
  if (isBlank(inner(text, body))) throw new ApiError(invalid(`${path}: ${BLANK}`));
}

/** A placeholder's literal without its quotes. */
function inner(placeholder: string, { reduced, bytes }: Bytes): Uint8Array {
  const { start, end } = reduced.ranges[placeholderIndex(reduced, placeholder)] as { start: number; end: number };
  return bytes.subarray(start + 1, end - 1);
}

/** Ends at the first character that is no white space: for all but blank texts, at once. */
function isBlank(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; ) {
    const [unit, length] = unitAt(bytes, at);
    if (String.fromCharCode(unit).trim() !== "") return false;
    at += length;
  }
  return true;
}

/** The UTF-16 unit that is written at `at` in a literal, and how many bytes that takes. What takes four in UTF-8 is no white space, whatever it is. */
function unitAt(bytes: Uint8Array, at: number): [unit: number, length: number] {
  const a = bytes[at] as number;
  const b = bytes[at + 1] ?? 0;
  if (a === 0x5c && b === 0x75) return [Number.parseInt(String.fromCharCode(...bytes.subarray(at + 2, at + 6)), 16), 6];
  if (a === 0x5c) return ["nrtf".includes(String.fromCharCode(b)) ? 0x20 : b, 2];
  if (a < 0x80) return [a, 1];
  if (a < 0xe0) return [((a & 0x1f) << 6) | (b & 0x3f), 2];
  if (a < 0xf0) return [((a & 0x0f) << 12) | ((b & 0x3f) << 6) | ((bytes[at + 2] ?? 0) & 0x3f), 3];
  return [0xffff, 4];
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
