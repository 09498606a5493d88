/** What the headers say about a body's bytes, and the bytes as UTF-8 without it (spec/core.md §1.4; the SDK's error classes say what is taken). */
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import { ApiError, invalid } from "../../protocol/errors.ts";

/** `Content-Encoding`s that are decoded. The wire has codes for a wrong one, but no list of the right ones. @inferred */
const DECODERS = { gzip: createGunzip, deflate: createInflate, br: createBrotliDecompress };
/** Those that the SDK's `BetaUnsupportedCharsetError` names. ASCII is UTF-8 as it stands. */
const CHARSETS = { "utf-8": null, utf8: null, "us-ascii": null, "iso-8859-1": "latin1" } as const;
/** Characters of a header that a message repeats. */
const QUOTED_CHARS = 40;

export interface Coding {
  /** Null: sent as it is. */
  encoding: keyof typeof DECODERS | null;
  charset: "latin1" | null;
}

/** Throws a 400 for a body that is not JSON by its type, or that comes in an encoding or charset which nobody here reads. */
export function codingOf(headers: Headers): Coding {
  return { encoding: encodingOf(headers.get("content-encoding")), charset: charsetOf(headers.get("content-type")) };
}

/** The decoded pieces. Decodes no further than it is read, so a bomb stays as small as the reader stops. Errors of `pieces` come through. */
export function uncoded(pieces: AsyncIterable<Uint8Array>, { encoding, charset }: Coding): AsyncIterable<Uint8Array> {
  const plain = encoding === null ? pieces : decompressed(pieces, encoding);
  return charset === null ? plain : transcoded(plain);
}

function encodingOf(header: string | null): Coding["encoding"] {
  const encoding = (header ?? "").trim().toLowerCase();
  if (encoding === "" || encoding === "identity") return null;
  if (Object.hasOwn(DECODERS, encoding)) return encoding as keyof typeof DECODERS;
  const message = `content-encoding: ${quoted(encoding)} is not supported; send one of ${Object.keys(DECODERS).join(", ")}, or the body as it is`;
  throw new ApiError(invalid(message, "request_body_encoding_unsupported"));
}

function charsetOf(header: string | null): Coding["charset"] {
  const [type = "", ...parameters] = (header ?? "").toLowerCase().split(";");
  if (type.trim() !== "application/json") throw new ApiError(invalid("content-type: must be application/json"));
  for (const parameter of parameters) {
    const [name = "", value = ""] = parameter.split("=");
    if (name.trim() !== "charset") continue;
    const charset = value.trim().replace(/^"(.*)"$/, "$1");
    if (Object.hasOwn(CHARSETS, charset)) return CHARSETS[charset as keyof typeof CHARSETS];
    const message = `content-type: the charset ${quoted(charset)} is not supported; send utf-8, iso-8859-1, us-ascii or no charset`;
    throw new ApiError(invalid(message, "unsupported_charset"));
  }
  return null;
}

async function* decompressed(
  pieces: AsyncIterable<Uint8Array>,
  encoding: keyof typeof DECODERS,
): AsyncGenerator<Uint8Array> {
  const decoder = DECODERS[encoding]();
  // What goes wrong shows below, where the decoder is read.
  pipeline(Readable.from(pieces), decoder).catch(() => undefined);
  try {
    for await (const piece of decoder) yield piece as Uint8Array;
  } catch (error) {
    if (error instanceof ApiError) throw error;
    const message = `body: not valid ${encoding}, which content-encoding says it is; compress it again, or send it as it is`;
    throw new ApiError(invalid(message, "request_body_encoding_invalid"));
  }
}

/** ISO-8859-1 is one character per byte. */
async function* transcoded(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  for await (const { buffer, byteOffset, byteLength } of pieces) {
    yield encoder.encode(Buffer.from(buffer, byteOffset, byteLength).toString("latin1"));
  }
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, QUOTED_CHARS));
}
