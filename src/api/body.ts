/** Reads a request's body: bounded, counted, checked, and parsed without its long literals. */
import { createHash } from "node:crypto";
import type { z } from "zod";
import { ApiError, invalid } from "../protocol/errors.ts";
import { check } from "../protocol/validation.ts";
import { unwrap } from "./answer.ts";
import { codingOf, uncoded } from "./coding.ts";
import { Incoming } from "./readout.ts";
import { type Keep, keepNothing, restore } from "./restore.ts";
import { type Reduced, scan } from "./scan.ts";

/** The hosted limit for sessions, agents and environments (spec/core.md §1.4), and what fits one RPC message. */
export const BODY_LIMIT_BYTES = 32_000_000;

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
export async function readBody(request: Request, keep: Keep = keepNothing): Promise<Body> {
  const { bytes, digest } = await readBytes(request);
  return parseBody(bytes, digest, keep);
}

/** The same for bytes that are there. */
export function parseBody(bytes: Uint8Array, digest: string, keep: Keep): Body {
  if (bytes.length === 0) throw new ApiError(invalid("body: empty; send a JSON object"));
  const reduced = scan(bytes, crypto.randomUUID().replaceAll("-", ""));
  let value: unknown;
  try {
    value = JSON.parse(reduced.text);
  } catch {
    throw new ApiError(invalid("body: not valid JSON; send one JSON object"));
  }
  return { bytes, digest, reduced, value: restore(value, reduced, bytes, keep) };
}

/**
 * Reads a body and validates it, for requests that hold no long content: the value as the schema gives it, or a 400 whose message begins with the
 * offending path. `prefix` stands before every path.
 */
export async function readJson<S extends z.ZodType>(
  request: Request,
  schema: S,
  prefix?: string,
): Promise<z.output<S>> {
  return unwrap(check(schema, (await readBody(request)).value, prefix));
}

/** Takes the body in, and when it is refused the rest of it too, so that the client lives to see the answer. */
async function readBytes(request: Request): Promise<{ bytes: Uint8Array; digest: string }> {
  const coding = codingOf(request.headers);
  const header = request.headers.get("content-length") ?? "";
  const announced = /^\d+$/.test(header) ? Number(header) : 0;
  const incoming = new Incoming(request.body);
  try {
    if (announced > BODY_LIMIT_BYTES) throw tooLarge();
    const beyond = coding.encoding === null ? tooLarge : tooLargeDecoded;
    return await collect(uncoded(bounded(incoming), coding), coding.encoding === null ? announced : 0, beyond);
  } catch (error) {
    await incoming.readOut();
    throw error;
  } finally {
    incoming.close();
  }
}

async function* bounded(incoming: Incoming): AsyncGenerator<Uint8Array> {
  let length = 0;
  for (let piece = await incoming.next(); piece; piece = await incoming.next()) {
    length += piece.length;
    if (length > BODY_LIMIT_BYTES) throw tooLarge();
    yield piece;
  }
}

/** Fills a buffer that grows with what has come, to the announced length in few steps: an announcement alone takes no memory. */
async function collect(
  pieces: AsyncIterable<Uint8Array>,
  announced: number,
  beyond: () => ApiError,
): Promise<{ bytes: Uint8Array; digest: string }> {
  const hash = createHash("sha256");
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
    hash.update(piece);
    length += piece.length;
  }
  return { bytes: bytes.subarray(0, length), digest: hash.digest("hex") };
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
