/** The content of events, whose long literals still lie in the request's body: the schemas have seen placeholders of them. */
import { BLANK } from "../../protocol/content.ts";
import { ApiError, invalid } from "../../protocol/errors.ts";
import type { ContentSource } from "../../services/send-events.ts";
import { placeholderIndex } from "./large.ts";
import type { Body } from "./read.ts";

const QUOTE_AND_INDEX = 10;
/** What follows the backslash of n, r, t and f. */
const ESCAPED_SPACES = new Set([0x6e, 0x72, 0x74, 0x66]);
const WIDE_SPACES = new Set([0xa0, 0x1680, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000, 0xfeff]);

type Bytes = Pick<Body, "reduced" | "bytes">;

/** Content whose long strings still lie in the body, which `readBody` has kept there. */
export function contentSource(body: Bytes): ContentSource {
  return {
    check: (content, path) => checkLong(content, path, body),
    pieces: (content) => contentPieces(content, body),
  };
}

/**
 * The JSON text: what was parsed, and between it the long literals as they lie in the body. Nothing is copied: long pieces are views of the
 * body's bytes.
 */
function contentPieces(content: unknown, { reduced, bytes }: Bytes): Uint8Array[] {
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

/** The schemas see placeholders, so long literals are checked here: a model would refuse the whole conversation for them, for ever. */
function checkLong(content: unknown, path: string, body: Bytes): void {
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
    if (!isSpace(unit)) return false;
    at += length;
  }
  return true;
}

/** The white space that `trim` takes off. */
function isSpace(unit: number): boolean {
  if (unit < 0x80) return unit === 0x20 || (unit >= 0x09 && unit <= 0x0d);
  return WIDE_SPACES.has(unit) || (unit >= 0x2000 && unit <= 0x200a);
}

/**
 * The UTF-16 unit that is written at `at` in a literal, and how many bytes that takes. What takes four in UTF-8 is no white space, whatever it is.
 */
function unitAt(bytes: Uint8Array, at: number): [unit: number, length: number] {
  const byte = (offset: number) => bytes[at + offset] ?? 0;
  const a = byte(0);
  if (a === 0x5c) {
    if (byte(1) === 0x75) return [(hex(byte(2)) << 12) | (hex(byte(3)) << 8) | (hex(byte(4)) << 4) | hex(byte(5)), 6];
    return [ESCAPED_SPACES.has(byte(1)) ? 0x20 : byte(1), 2];
  }
  if (a < 0x80) return [a, 1];
  if (a < 0xe0) return [((a & 0x1f) << 6) | (byte(1) & 0x3f), 2];
  if (a < 0xf0) return [((a & 0x0f) << 12) | ((byte(1) & 0x3f) << 6) | (byte(2) & 0x3f), 3];
  return [0xffff, 4];
}

/** Of a hex digit's byte, in either case. */
function hex(byte: number): number {
  return byte < 0x3a ? byte - 0x30 : (byte & 0x0f) + 9;
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
