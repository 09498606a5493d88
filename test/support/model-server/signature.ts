/**
 * Seals what the server gives out to get back unchanged: thinking signatures, redacted thinking, compaction blocks. A sealed text is
 * `base64(JSON + HMAC)`: opaque to clients, checkable by any server with the same secret, so a restart loses nothing.
 */
import { createHmac, hash, timingSafeEqual } from "node:crypto";
import { type Fields, isFields } from "./json.ts";

const MAC_BYTES = 16;

/** A thinking block's binding (spec/messages.md §5). */
export interface Binding {
  kind: "thinking";
  model: string;
  /** Digest of `system`, sorted `tools` and every earlier block that is not thinking, without `cache_control`. */
  prefix: string;
  /** Digest of the thinking block before it, "" for the first: a gap in the middle breaks the chain, a cut at either end does not. */
  previous: string;
  /** Digest of the thinking text as delivered. */
  text: string;
}

/** What a compaction block stands for (spec/messages.md §10). */
export interface Compacted {
  kind: "compaction";
  /** The chain at the end of what it summarizes: kept turns after it stay valid. */
  chain: string;
  content: string;
  toolChanges: string;
}

export function digest(value: string): string {
  return hash("sha256", value, "base64url").slice(0, 24);
}

export function seal(secret: string, payload: Binding | Compacted): string {
  const json = Buffer.from(JSON.stringify(payload));
  return Buffer.concat([json, mac(secret, json)]).toString("base64");
}

export function openThinking(secret: string, sealed: string): Binding | null {
  const payload = open(secret, sealed);
  return payload?.kind === "thinking" ? (payload as Fields & Binding) : null;
}

export function openCompaction(secret: string, sealed: string): Compacted | null {
  const payload = open(secret, sealed);
  return payload?.kind === "compaction" ? (payload as Fields & Compacted) : null;
}

function open(secret: string, sealed: string): Fields | null {
  const bytes = Buffer.from(sealed, "base64");
  if (bytes.length <= MAC_BYTES || bytes.toString("base64") !== sealed) return null;
  const json = bytes.subarray(0, -MAC_BYTES);
  if (!timingSafeEqual(mac(secret, json), bytes.subarray(-MAC_BYTES))) return null;
  const payload: unknown = JSON.parse(json.toString());
  return isFields(payload) ? payload : null;
}

function mac(secret: string, json: Buffer): Buffer {
  return createHmac("sha256", secret).update(json).digest().subarray(0, MAC_BYTES);
}
