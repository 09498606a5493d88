/**
 * The shapes of the log. A row is one event; identity, order, stamp and thread never change (shared design §3).
 * An event's JSON text is put together from columns on the way out, so its stored bytes are never rewritten.
 */

import type { z } from "zod";

/** The primary thread's rows; child threads count up from 1. */
export const PRIMARY = 0;
/** Internal rows (`x.…`): never listed, never in a prompt. */
export const INTERNAL = -1;

/** Content too long for a row: `blob` rows of the object's own database, or one R2 object. */
export interface BlobRef {
  sha: string;
  bytes: number;
  where: "sqlite" | "r2";
}

/**
 * The JSON text of an event's `content` array, byte for byte as it will appear in lists, streams and prompts;
 * null for events that have none. Text up to CONTENT_INLINE_BYTES, a reference above.
 */
export type Content = string | BlobRef | null;

/** One stored event. */
export interface Row {
  thread: number;
  /** One counter per session over all threads. */
  seq: number;
  id: string;
  type: string;
  epoch: number;
  /** Microseconds since 1970; strictly rising with seq. Shown as `processed_at`. */
  ts: number;
  /** The inbox ordinal of a client event that waited there; lists page by it. */
  n: number | null;
  /** For a cross-posted event: the id of the event it copies. */
  origin: string | null;
  /** The name of the credential that sent a client event. */
  cred: string | null;
  /** JSON object text without id, type, processed_at and content. */
  body: string;
  content: Content;
  /** Internal facts as JSON text (a request's attempt and hash, a call's provider id, exact usage); null for none. Never listed. */
  note: string | null;
  /**
   * For the prompt only, as JSON text of an array of blocks, never listed: on a span end the response as received, on a running status what the model
   * is told of changed tools.
   */
  wire: Content;
}

/** An accepted client event that no model request has consumed. It has an id and an order, but no seq and no stamp yet. */
export interface InboxRow {
  n: number;
  id: string;
  type: string;
  cred: string | null;
  body: string;
  content: Content;
}

/** A stored row that cannot be read: the session says so and asks the model nothing (reliability.md C33). */
export class Corrupted extends Error {
  constructor(place: Place | BlobRef) {
    super(`The session's log is damaged at ${whereOf(place)}, so its conversation cannot be continued.`);
    this.name = "Corrupted";
  }
}

/** A row of the log, or one that waits in the inbox. */
export type Place = Pick<Row, "seq" | "type"> | Pick<InboxRow, "n" | "type">;

function whereOf(place: Place | BlobRef): string {
  if ("sha" in place) return `a content of ${place.bytes} bytes that is missing`;
  return "seq" in place ? `event ${place.seq} (${place.type})` : `waiting event ${place.n} (${place.type})`;
}

/** A column's JSON, as the schema types it; an absent one reads as `{}`. Throws `Corrupted`, since the parser's own words quote the text. */
export function parsed<T>(row: Place & Pick<Row, "body" | "note">, column: "body" | "note", schema: z.ZodType<T>): T {
  return typed(row, jsonOf(row[column]), schema);
}

/** The same of a value at hand. */
export function typed<T>(row: Place, value: unknown, schema: z.ZodType<T>): T {
  const read = schema.safeParse(value);
  if (!read.success) throw new Corrupted(row);
  return read.data;
}

/** Undefined for what is no JSON. */
function jsonOf(text: string | null): unknown {
  try {
    return JSON.parse(text ?? "{}");
  } catch {
    return undefined;
  }
}

/** RFC 3339 UTC with six decimals (spec/core.md §1.9). */
export function stamp(ts: number): string {
  const ms = Math.floor(ts / 1000);
  return `${new Date(ms).toISOString().slice(0, -1)}${String(ts % 1000).padStart(3, "0")}Z`;
}

/** The event's JSON up to its content, and from there on: a large content is written between the two as a stream. */
export function eventFrame(row: Row | InboxRow): { before: string; after: string } {
  const inner = row.body.slice(1, -1);
  const head = `{"id":"${row.id}","type":"${row.type}"${inner ? `,${inner}` : ""}`;
  const tail = "ts" in row ? `,"processed_at":"${stamp(row.ts)}"}` : "}";
  return row.content === null ? { before: head, after: tail } : { before: `${head},"content":`, after: tail };
}

/** The event's JSON text; only for rows whose content is inline. */
export function eventText(row: Row | InboxRow): string {
  const { before, after } = eventFrame(row);
  if (row.content !== null && typeof row.content !== "string") throw new Error(`content of ${row.id} is a blob`);
  return before + (row.content ?? "") + after;
}
