/**
 * One pass over a request's JSON bytes, before anything parses them. Long string literals are checked where they lie and cut out, so that
 * only a small text is ever decoded and parsed: a 31 MB message exists once, as bytes (design §3; reliability.md §5.2).
 */
import { ApiError, invalid } from "../../protocol/errors.ts";
import { pathText } from "../../protocol/validation.ts";

/** A string literal longer than this stays bytes. */
export const LARGE_LITERAL_BYTES = 128 * 1024;
/** In a body longer than BULKY_BODY_BYTES the threshold is lower, so that a thousand middling literals do not add up to a huge text. */
const BULKY_LITERAL_BYTES = 4 * 1024;
export const BULKY_BODY_BYTES = 4 * 1024 * 1024;
/** What may be left to parse once the long literals are out. */
export const MAX_REDUCED_BYTES = 8 * 1024 * 1024;
/** Levels of arrays and objects. */
export const MAX_BODY_DEPTH = 128;
/** Elements and members, all levels together: eight megabytes of `{},` would become millions of objects. */
export const MAX_BODY_VALUES = 200_000;
/** The longest literal that a field outside of event content can need: 100,000 code points of `system`, each as two \u escapes. */
export const MAX_FIELD_BYTES = 1_200_002;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;

/** The bytes [start, end) of a literal in the body, quotes included. */
export interface Range {
  start: number;
  end: number;
}

export interface Reduced {
  /** JSON text in which the literal `i` of `ranges` is the string `placeholder(nonce, i)`. */
  text: string;
  nonce: string;
  ranges: Range[];
}

/** Forty characters of the base64 alphabet: passes as text and as base64, and no client can guess the nonce. */
export function placeholder(nonce: string, index: number): string {
  return nonce + index.toString(16).padStart(8, "0");
}

/** The index that `value` stands for, or -1 when it is an ordinary string. */
export function placeholderIndex(reduced: Reduced, value: string): number {
  if (reduced.ranges.length === 0 || value.length !== reduced.nonce.length + 8 || !value.startsWith(reduced.nonce))
    return -1;
  return Number.parseInt(value.slice(reduced.nonce.length), 16);
}

/**
 * Checks the bytes and cuts the long literals out. Grammar outside of strings is left to `JSON.parse` on the result. `nonce` is 32 random hex digits.
 * Throws a 400 that names the byte for: invalid UTF-8, a bad escape, a control character, a lone surrogate (no model takes a
 * conversation that contains one), nesting beyond MAX_BODY_DEPTH, more than MAX_BODY_VALUES values, a long literal as a key, an end inside a string.
 */
export function scan(bytes: Uint8Array, nonce: string): Reduced {
  checkUtf8(bytes);
  const large = bytes.length > BULKY_BODY_BYTES ? BULKY_LITERAL_BYTES : LARGE_LITERAL_BYTES;
  const ranges: Range[] = [];
  let depth = 0;
  let values = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte === QUOTE) {
      const end = literalEnd(bytes, i);
      if (end - i - 2 > large) {
        if (bytes[afterBlanks(bytes, end)] === COLON)
          refuse(i, `an object key of ${end - i - 2} bytes; no key is that long`);
        ranges.push({ start: i, end });
      }
      i = end - 1;
    } else if (byte === 0x7b || byte === 0x5b) {
      if (++depth > MAX_BODY_DEPTH) refuse(i, `it is nested more than ${MAX_BODY_DEPTH} levels deep`);
    } else if (byte === 0x7d || byte === 0x5d) depth--;
    else if (byte === COMMA && ++values > MAX_BODY_VALUES) refuse(i, `it holds more than ${MAX_BODY_VALUES} values`);
  }
  return { text: reducedText(bytes, ranges, nonce), nonce, ranges };
}

function reducedText(bytes: Uint8Array, ranges: Range[], nonce: string): string {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let rest = bytes.length;
  for (const { start, end } of ranges) rest -= end - start;
  if (rest > MAX_REDUCED_BYTES) {
    const message = `body: ${rest} bytes remain beside its long strings, at most ${MAX_REDUCED_BYTES} may; join small blocks into fewer, longer ones`;
    throw new ApiError({ status: 413, type: "request_too_large", message });
  }
  let text = "";
  let from = 0;
  for (const [i, { start, end }] of ranges.entries()) {
    text += `${decoder.decode(bytes.subarray(from, start))}"${placeholder(nonce, i)}"`;
    from = end;
  }
  return text + decoder.decode(bytes.subarray(from));
}

/** The index after the closing quote of the literal that opens at `start`. */
function literalEnd(bytes: Uint8Array, start: number): number {
  for (let i = start + 1; i < bytes.length; i++) {
    const byte = bytes[i] as number;
    if (byte === QUOTE) return i + 1;
    if (byte === BACKSLASH) i = escapeEnd(bytes, i) - 1;
    else if (byte < 0x20) refuse(i, "a control character inside a string; write it as an escape");
  }
  return refuse(bytes.length, "it ends inside a string");
}

/** The index after the escape (a whole surrogate pair counts as one) at `start`. */
function escapeEnd(bytes: Uint8Array, start: number): number {
  const kind = bytes[start + 1];
  if (kind === undefined) return refuse(bytes.length, "it ends inside a string");
  if (kind !== 0x75) {
    if (!'"\\/bfnrt'.includes(String.fromCharCode(kind))) refuse(start, "an escape that JSON does not have");
    return start + 2;
  }
  const unit = codeUnit(bytes, start);
  if (unit < 0xd800 || unit > 0xdfff) return start + 6;
  const second = start + 6;
  if (unit < 0xdc00 && bytes[second] === BACKSLASH && bytes[second + 1] === 0x75) {
    const low = codeUnit(bytes, second);
    if (low >= 0xdc00 && low <= 0xdfff) return second + 6;
  }
  return refuse(start, "half of a surrogate pair; send whole characters");
}

function codeUnit(bytes: Uint8Array, at: number): number {
  let unit = 0;
  for (let i = at + 2; i < at + 6; i++) {
    const byte = bytes[i];
    if (byte === undefined) return refuse(bytes.length, "it ends inside a string");
    const digit = Number.parseInt(String.fromCharCode(byte), 16);
    if (Number.isNaN(digit)) refuse(at, "a \\u escape without four hex digits");
    unit = unit * 16 + digit;
  }
  return unit;
}

function afterBlanks(bytes: Uint8Array, from: number): number {
  let i = from;
  while (bytes[i] === 0x20 || bytes[i] === 0x0a || bytes[i] === 0x0d || bytes[i] === 0x09) i++;
  return i;
}

/** In pieces, so that the decoded text is never held. */
function checkUtf8(bytes: Uint8Array): void {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const step = 64 * 1024;
  try {
    for (let i = 0; i < bytes.length; i += step) decoder.decode(bytes.subarray(i, i + step), { stream: true });
    decoder.decode();
  } catch {
    throw new ApiError(invalid("body: not valid UTF-8; send UTF-8 JSON, or name its charset in content-type"));
  }
}

function refuse(at: number, what: string): never {
  throw new ApiError(invalid(`body: not acceptable JSON at byte ${at}: ${what}`));
}

/** Whether the long string at this path stays a placeholder. */
export type Keep = (path: readonly (string | number)[]) => boolean;

export const keepNothing: Keep = () => false;

/** Event content may hold long `text` and `data` of any length; every other field is restored, so that its schema sees it. */
export const keepContent: Keep = (path) => {
  const last = path.at(-1);
  return (
    (path[0] === "events" || path[0] === "initial_events") &&
    path[2] === "content" &&
    (last === "text" || last === "data")
  );
};

/**
 * Walks the value and changes it in place; gives it back. A 400 names the path of a string that no field could take, and of the key
 * `__proto__`, which object literals and validators drop without a word.
 */
export function restore(value: unknown, reduced: Reduced, bytes: Uint8Array, keep: Keep): unknown {
  const path: (string | number)[] = [];
  const visit = (node: unknown): unknown => {
    if (typeof node === "string") {
      const index = placeholderIndex(reduced, node);
      return index < 0 || keep(path) ? node : literal(reduced, index, bytes, path);
    }
    if (node === null || typeof node !== "object") return node;
    const holder = node as Record<string | number, unknown>;
    for (const key of Array.isArray(node) ? node.keys() : Object.keys(node)) {
      path.push(key);
      if (key === "__proto__") throw new ApiError(invalid(`${pathText(path)}: this key is not accepted; rename it`));
      holder[key] = visit(holder[key]);
      path.pop();
    }
    return node;
  };
  return visit(value);
}

function literal(reduced: Reduced, index: number, bytes: Uint8Array, path: (string | number)[]): string {
  const { start, end } = reduced.ranges[index] as { start: number; end: number };
  if (end - start > MAX_FIELD_BYTES) {
    throw new ApiError(
      invalid(
        `${pathText(path) || "body"}: a string of ${end - start - 2} bytes is longer than any field here takes; shorten it`,
      ),
    );
  }
  return JSON.parse(new TextDecoder().decode(bytes.subarray(start, end)));
}
