/** Reads a request's body: bounded, checked, and parsed without its long literals. Small ones at once, large ones as they come. */
import { hash } from "node:crypto";
import { ApiError, invalid } from "../../protocol/errors.ts";
import { type Coding, codingOf, uncoded } from "./encoding.ts";
import { arrived, takeIn } from "./incoming.ts";
import { type Keep, keepNothing, type Reduced, restore, scan } from "./large.ts";

/** The hosted limit for sessions, agents and environments (spec/core.md §1.4), and what fits one RPC message. */
export const BODY_LIMIT_BYTES = 32_000_000;

/** What is announced to be no longer is read at once. */
const SMALL_BODY_BYTES = 64 * 1024;
/** Whoever announces much and sends little holds this much, or what was sent times GROWTH. */
const FIRST_BYTES = 512 * 1024;
const GROWTH = 8;

export interface Body {
  /** Decoded: what the JSON is written in. */
  bytes: Uint8Array;
  /** SHA-256 (hex) of the bytes. */
  digest: string;
  reduced: Reduced;
  /** The JSON value; where `keep` said so, a long string is still its placeholder. */
  value: unknown;
}

/** Reads, checks and parses the body; 413 beyond the limit, 400 for everything else that is wrong with it. */
export async function readBody(request: Request, keep?: Keep): Promise<Body> {
  const coding = codingOf(request.headers);
  const header = request.headers.get("content-length") ?? "";
  const announced = /^\d+$/.test(header) ? Number(header) : null;
  const plain = coding.encoding === null && coding.charset === null;
  const small = plain && announced !== null && announced <= SMALL_BODY_BYTES;
  return bodyOf(small ? await readSmall(request) : await readLarge(request, coding, announced ?? 0), keep);
}

/** A body whose bytes are there. */
export function bodyOf(bytes: Uint8Array, keep: Keep = keepNothing): Body {
  if (bytes.length === 0) throw new ApiError(invalid("body: empty; send a JSON object"));
  const reduced = scan(bytes, crypto.randomUUID().replaceAll("-", ""));
  let value: unknown;
  try {
    value = JSON.parse(reduced.text);
  } catch {
    throw new ApiError(invalid("body: not valid JSON; send one JSON object"));
  }
  return { bytes, digest: hash("sha256", bytes, "hex"), reduced, value: restore(value, reduced, bytes, keep) };
}

/** At once, without a stream, its pieces and their generators: those take four times as long. The server counts what comes against the announcement. */
async function readSmall(request: Request): Promise<Uint8Array> {
  const bytes = new Uint8Array(await arrived(request.arrayBuffer()));
  if (bytes.length > BODY_LIMIT_BYTES) throw tooLarge();
  return bytes;
}

function readLarge({ body }: Request, coding: Coding, announced: number): Promise<Uint8Array> {
  return takeIn(body, { bytes: BODY_LIMIT_BYTES, beyond: tooLarge }, (pieces) => {
    if (announced > BODY_LIMIT_BYTES) throw tooLarge();
    if (coding.encoding === null) return collect(uncoded(pieces, coding), announced, tooLarge);
    return collect(uncoded(pieces, coding), 0, tooLargeDecoded);
  });
}

/** Fills a buffer that grows with what has come, to the announced length in few steps: an announcement alone takes no memory. */
async function collect(
  pieces: AsyncIterable<Uint8Array>,
  announced: number,
  beyond: () => ApiError,
): Promise<Uint8Array> {
  let bytes = new Uint8Array(Math.min(announced, FIRST_BYTES));
  let length = 0;
  for await (const piece of pieces) {
    if (length + piece.length > BODY_LIMIT_BYTES) throw beyond();
    if (length + piece.length > bytes.length) {
      const grown = new Uint8Array(roomFor(length + piece.length, bytes.length, announced));
      grown.set(bytes.subarray(0, length));
      bytes = grown;
    }
    bytes.set(piece, length);
    length += piece.length;
  }
  return bytes.subarray(0, length);
}

/** Bytes of the next buffer. Towards an announced end the copies stay small beside it; beyond one, or without, they double. */
function roomFor(needed: number, had: number, announced: number): number {
  const room = needed <= announced ? Math.min(announced, GROWTH * had) : Math.min(BODY_LIMIT_BYTES, 2 * had);
  return Math.max(needed, room);
}

function tooLarge(): ApiError {
  return new ApiError({ status: 413, type: "request_too_large", message: `body: more than ${BODY_LIMIT_BYTES} bytes` });
}

function tooLargeDecoded(): ApiError {
  const message = `body: more than ${BODY_LIMIT_BYTES} bytes once decoded; send a smaller body`;
  return new ApiError({
    status: 413,
    type: "request_too_large",
    message,
    code: "request_body_too_large_after_decoding",
  });
}
