/** Reads a request's body: bounded, counted, checked, and parsed without its long literals. */
import { createHash } from "node:crypto";
import type { z } from "zod";
import { ApiError, invalid } from "../protocol/errors.ts";
import { check } from "../protocol/validation.ts";
import { unwrap } from "./answer.ts";
import { type Reader, readOut } from "./readout.ts";
import { type Keep, keepNothing, restore } from "./restore.ts";
import { type Reduced, scan } from "./scan.ts";

/** The hosted limit for sessions, agents and environments (spec/core.md §1.4), and what fits one RPC message. */
export const BODY_LIMIT_BYTES = 32_000_000;

export interface Body {
  bytes: Uint8Array;
  /** SHA-256 (hex) of the bytes. */
  digest: string;
  reduced: Reduced;
  /** The JSON value; where `keep` said so, a long string is still its placeholder. */
  value: unknown;
}

/** Reads, checks and parses the body; 413 beyond the limit, 400 for everything else that is wrong with it. */
export async function readBody(request: Request, keep: Keep = keepNothing): Promise<Body> {
  checkHeaders(request.headers);
  const { bytes, digest } = await readBytes(request);
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

function checkHeaders(headers: Headers): void {
  const encoding = headers.get("content-encoding");
  if (encoding !== null && encoding.toLowerCase() !== "identity") {
    throw new ApiError(
      invalid(
        `content-encoding: ${encoding.slice(0, 40)} is not supported; send the body as it is`,
        "request_body_encoding_unsupported",
      ),
    );
  }
  const [type = "", ...parameters] = (headers.get("content-type") ?? "").toLowerCase().split(";");
  if (type.trim() !== "application/json") throw new ApiError(invalid("content-type: must be application/json"));
  for (const parameter of parameters) {
    const [name = "", charset = ""] = parameter.split("=");
    if (name.trim() === "charset" && !/^"?utf-?8"?$/.test(charset.trim())) {
      throw new ApiError(invalid("content-type: the charset must be utf-8", "unsupported_charset"));
    }
  }
}

/** Fills one buffer of the announced length; grows it only if the announcement was missing or false. */
async function readBytes(request: Request): Promise<{ bytes: Uint8Array; digest: string }> {
  const header = request.headers.get("content-length") ?? "";
  const announced = /^\d+$/.test(header) ? Number(header) : 0;
  if (announced > BODY_LIMIT_BYTES) throw await tooLarge(request.body?.getReader());
  const hash = createHash("sha256");
  let bytes = new Uint8Array(announced);
  let length = 0;
  const reader = request.body?.getReader();
  for (let chunk = await next(reader); chunk; chunk = await next(reader)) {
    if (length + chunk.length > BODY_LIMIT_BYTES) throw await tooLarge(reader);
    if (length + chunk.length > bytes.length) {
      const grown = new Uint8Array(Math.min(BODY_LIMIT_BYTES, Math.max(length + chunk.length, 2 * bytes.length)));
      grown.set(bytes.subarray(0, length));
      bytes = grown;
    }
    bytes.set(chunk, length);
    hash.update(chunk);
    length += chunk.length;
  }
  return { bytes: bytes.subarray(0, length), digest: hash.digest("hex") };
}

async function next(reader: Reader): Promise<Uint8Array | null> {
  return (await reader?.read())?.value ?? null;
}

async function tooLarge(reader: Reader): Promise<ApiError> {
  await readOut(reader);
  return new ApiError({ status: 413, type: "request_too_large", message: `body: more than ${BODY_LIMIT_BYTES} bytes` });
}
