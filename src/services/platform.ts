/**
 * What the use cases of this room need from outside: `(platform, caller, input) → result`. They throw `ApiError` for refusals that are expected and
 * know no HTTP, so that a route, a socket, a cron and another session call the same one.
 */
import type { SessionRpc } from "../session/rpc.ts";
import type { ModelCatalog } from "./model-catalog.ts";

export interface Platform {
  db: D1Database;
  /** Contents of events that are too large for a call. */
  blobs: R2Bucket;
  models: ModelCatalog;
  /** The Session object behind an id that `parseId` has let through. */
  session(id: string): SessionRpc;
  /** Removes a session's machine. Safe to repeat. */
  removeMachine(sessionId: string): Promise<unknown>;
  /** Microseconds since 1970. */
  now(): number;
  /** Goes on beside the request and after its answer; what it rejects with is nobody's. */
  later(work: Promise<unknown>): void;
}

/** On whose behalf. */
export interface Caller {
  /** The workspace's name; every stored row has one. */
  workspace: string;
  /** The credential's name: `[workspace/]name`. */
  cred: string;
  /** For lines of the log. */
  requestId: string;
}
