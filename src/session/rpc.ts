/**
 * What the Worker asks of a Session object; the socket between them is in `sockets/wire.ts`. `api/` imports these types only.
 */
import type { BlobRef } from "../log/rows.ts";
import type { McpServer, SessionAgent } from "../protocol/agents.ts";
import type { EnvironmentConfig } from "../protocol/environments.ts";
import type { Outcome, WireError } from "../protocol/errors.ts";
import type { SessionHealth } from "../protocol/health.ts";
import type { Budget, Session as WireSession } from "../protocol/sessions.ts";
import type { SessionThread } from "../protocol/threads.ts";
import type { Tool } from "../protocol/tools.ts";

/** Everything a session keeps from its creation; stored once, never changed. */
export interface SessionInit {
  id: string;
  threadId: string;
  workspace: string;
  /** Microseconds since 1970. */
  createdAt: number;
  environmentId: string;
  /** What the environment said then; absent in sessions of release 0.1. */
  environment?: EnvironmentConfig;
  title: string | null;
  metadata: Record<string, string>;
  /** The resolved snapshot: what the session runs, whatever happens to the agent later. */
  agent: SessionAgent;
  /** The spend ceiling; absent in sessions of older builds, which have none. */
  budget?: Budget | null;
}

/** What `POST /v1/sessions/{id}` asks for, defaults filled in; an absent field keeps its value (spec/core.md §4.9). */
export interface SessionPatch {
  /** Null clears. */
  title?: string | null;
  /** By key: a string sets, null deletes. */
  metadata?: Record<string, string | null>;
  /** Null removes the budget for good. */
  budget?: Budget | null;
  /** Each replaces the whole array. */
  agent?: { tools?: Tool[]; mcp_servers?: McpServer[] };
}

/**
 * A client event that the Worker has validated. `body` is JSON object text without `type` and `content`; `content` is the JSON text of
 * the content array as it will be stored and sent to the model, as bytes, or a reference to what the Worker has already put into R2.
 */
export interface Draft {
  type: string;
  body: string;
  content: Uint8Array | BlobRef | null;
}

/** Who sends, and how a repeated POST is recognised (reliability.md C2). */
export interface Sender {
  /** The credential's name: `[workspace/]name`. */
  cred: string;
  /** `Idempotency-Key`, if sent. */
  key: string | null;
  /** SHA-256 (hex) of the request's body. */
  digest: string;
  /** `x-stainless-retry-count`; 0 when absent. */
  retry: number;
  /** The answer if these events would make an idle session run: the workspace runs as many as it may. */
  full?: WireError | null;
  /** Nothing of the workspace may run: what is queued when an interrupt ends a turn waits for the next message. */
  held?: boolean;
}

export interface ListQuery {
  order: "asc" | "desc";
  limit: number;
  page: string | null;
  types: string[] | null;
  /** Bounds on `processed_at` in microseconds. */
  gt?: number;
  gte?: number;
  lt?: number;
  lte?: number;
}

/** The methods of the Session object that the Worker calls. Each is safe to repeat. */
export interface SessionRpc {
  create(init: SessionInit, events: Draft[], sender: Sender): Promise<Outcome<WireSession>>;
  getSession(workspace: string): Promise<Outcome<WireSession>>;
  getThread(workspace: string, threadId: string): Promise<Outcome<SessionThread>>;
  /** All threads, the primary one first. */
  getThreads(workspace: string): Promise<Outcome<SessionThread[]>>;
  getHealth(workspace: string): Promise<Outcome<SessionHealth>>;
  /** The response body `{"data":[…]}` as bytes of JSON. */
  emitEvents(workspace: string, events: Draft[], sender: Sender): Promise<Outcome<ReadableStream<Uint8Array>>>;
  /** The response body `{"data":[…],"next_page":…}` as bytes of JSON: a page may hold one event of 31 MB. */
  getEvents(workspace: string, thread: string | null, query: ListQuery): Promise<Outcome<ReadableStream<Uint8Array>>>;
  /** One stored event's JSON text as bytes; for events too long for a socket frame. */
  getEvent(workspace: string, seq: number): Promise<Outcome<ReadableStream<Uint8Array>>>;
  /**
   * Changes what the patch names, all of it or nothing; a patch that changes nothing leaves no trace. `full`: the answer if this would make the
   * session run, as in `Sender`.
   */
  update(workspace: string, patch: SessionPatch, full?: WireError | null): Promise<Outcome<WireSession>>;
  archive(workspace: string): Promise<Outcome<WireSession>>;
  remove(workspace: string): Promise<Outcome<{ id: string }>>;
  /** Upgrades to the internal socket (`sockets/wire.ts`). */
  fetch(request: Request): Promise<Response>;
}
