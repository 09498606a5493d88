/** A post as its client keeps it: what is sent, over which attempts, and what the client was told. */
import { createHash } from "node:crypto";
import type { Draft, Sender } from "../../src/session/rpc.ts";
import type { Post } from "../checker/dump.ts";

/** The official SDK sends a request three times at most. */
export const ATTEMPTS = 3;

export interface Sending {
  post: Post;
  drafts: Draft[];
  sender: Omit<Sender, "retry">;
  /** Attempts that are on their way or have been lost; the next one carries this as its retry count. */
  tries: number;
  /** When the next attempt is due, milliseconds. */
  due: number;
  busy: boolean;
}

const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

export function draft(type: string, body: object, text: string | null): Draft {
  return { type, body: JSON.stringify(body), content: text === null ? null : encode([{ type: "text", text }]) };
}

/** Puts a draft's content into the bucket, as the Worker does with large ones. */
export function remote(one: Draft, session: string, bucket: Map<string, Uint8Array>): Draft {
  const bytes = one.content as Uint8Array;
  const sha = createHash("sha256").update(bytes).digest("hex");
  bucket.set(`sessions/${session}/${sha}`, bytes);
  return { ...one, content: { sha, bytes: bytes.length, where: "r2" } };
}

/** `plain`: the drafts as the client wrote them, before the Worker moved large content away. */
export function sending(cred: string, key: string | null, plain: Draft[], drafts: Draft[], now: number): Sending {
  const events = plain.map((one) => ({
    type: one.type,
    text: one.type === "user.message" ? `${one.body}${contentOf(one)}` : one.body,
  }));
  const digest = createHash("sha256").update(JSON.stringify(events)).digest("hex");
  const post: Post = { cred, key, events, attempts: 0, acked: null, refused: false };
  return { post, drafts, sender: { cred, key, digest }, tries: 0, due: now, busy: false };
}

function contentOf(one: Draft): string {
  return new TextDecoder().decode(one.content as Uint8Array);
}
