/** A session that could not be opened: why, who is told so, and what everybody is answered. */

import { TooNew } from "../../log/log.ts";
import { createdBody, metaRow } from "../../log/repair.ts";
import { Corrupted, stamp } from "../../log/rows.ts";
import { SCHEMA_VERSION } from "../../log/schema.ts";
import type { Sql } from "../../log/sql.ts";
import type { WireError } from "../../protocol/errors.ts";
import type { ClosedReason } from "../../protocol/health.ts";
import { missingOutcome, unreadable } from "../refusals.ts";
import { framesOf } from "../report.ts";
import type { SessionInit } from "../rpc.ts";

/** A session that is tried again and again is told of this often, by this isolate. */
const TOLD_AGAIN_MS = 60_000;
/** Closed sessions that an isolate remembers; with one more it begins anew. */
const REMEMBERED = 1_000;

/** What an instance found that could not boot. */
export interface Closed {
  wire: WireError;
  reason: ClosedReason;
  /** Whose it is; null if not even that can be read. */
  workspace: string | null;
  /** When this isolate found it so, milliseconds since 1970. */
  since: number;
  /** What it failed on, without content. */
  error: string;
}

/** By session, over the instances of this isolate: since when it is closed, and when that was last told. */
const known = new Map<string, { since: number; told: number }>();

/** Notes that the session could not be opened, and tells the operator in one line; with a stack only where the cause is not known. */
export function closedBy(error: unknown, id: string, sql: Sql): Closed {
  const reason = reasonOf(error);
  const now = Date.now();
  if (known.size >= REMEMBERED) known.clear();
  const { since, told } = known.get(id) ?? { since: now, told: Number.NEGATIVE_INFINITY };
  const closed: Closed = {
    wire: unreadable(error),
    reason,
    workspace: tried(() => workspaceOf(sql)),
    since,
    error: tried(() => whatOf(error, sql)) ?? "",
  };
  const again = reason === "not_opened" && now - told < TOLD_AGAIN_MS;
  known.set(id, { since, told: again ? told : now });
  const stack = reason === "not_opened" ? { stack: framesOf(error) } : {};
  const line = { level: "error", event: "closed", session: id, reason, error: closed.error, ...stack };
  if (!again) console.error(JSON.stringify(line));
  return closed;
}

/** The session could be opened: a line, if it was told that it could not. */
export function openedAgain(id: string): void {
  const was = known.get(id);
  if (!was) return;
  known.delete(id);
  console.warn(JSON.stringify({ level: "info", event: "opened", session: id, closed_since: stamp(was.since * 1000) }));
}

/** What is answered in the place of everything that a session does. */
export function unavailableOutcome(
  { wire, workspace }: Closed,
  asking: string | null,
): { ok: false; error: WireError } {
  return workspace !== null && workspace !== asking ? missingOutcome() : { ok: false, error: wire };
}

/**
 * The same to a reader who asks for a socket; a header says whether it is worth coming back, as on the wire. To its owner never a 404, which would
 * say that the session is gone: the build that can read it may be back in a moment.
 */
export function refusedSocket(closed: Closed, asking: string | null): Response {
  const { status, message, noRetry } = unavailableOutcome(closed, asking).error;
  return new Response(message, { status, headers: noRetry ? { "x-should-retry": "false" } : {} });
}

/** The value, or null where it cannot be read. */
export function tried<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}

function reasonOf(error: unknown): ClosedReason {
  if (error instanceof TooNew) return "newer_build";
  return error instanceof Corrupted ? "damaged_log" : "not_opened";
}

/** Other errors' own words may quote what a client sent: of those there is the storage's code, or the error's name. */
function whatOf(error: unknown, sql: Sql): string {
  if (error instanceof TooNew) {
    const needs = metaRow(sql)?.min_reader;
    return `written by a newer version: its log is of kind ${needs}, this version reads up to kind ${SCHEMA_VERSION}`;
  }
  if (error instanceof Corrupted) return error.message;
  if (!(error instanceof Error)) return typeof error;
  return error.message.match(/\bSQLITE_[A-Z_]+\b/g)?.at(-1) ?? error.name;
}

function workspaceOf(sql: Sql): string | null {
  const { workspace } = JSON.parse(createdBody(sql) ?? "{}") as Partial<SessionInit>;
  return workspace ?? null;
}
