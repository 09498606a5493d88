/**
 * The API on real D1 and R2 (Miniflare's). The Session object is not part of these tests: `Objects` stands in for it, in memory, and keeps what
 * it was called with. The contract suite runs the same routes over the real one.
 */
import { resolve } from "node:path";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { afterAll, beforeAll } from "vitest";
import { createApp } from "../../src/api/app.ts";
import { applyMigrations } from "../../src/cli/migrate.ts";
import type { Env } from "../../src/env.ts";
import { stamp } from "../../src/log/rows.ts";
import { invalid, notFound, type Outcome } from "../../src/protocol/errors.ts";
import type { Session } from "../../src/protocol/sessions.ts";
import type { SessionThread } from "../../src/protocol/threads.ts";
import type { Draft, ListQuery, Sender, SessionInit, SessionRpc } from "../../src/session/rpc.ts";

export const KEY = "sk-first";
export const OTHER_KEY = "sk-other";
export const KEYS = `ops:${KEY}, other/ops:${OTHER_KEY}`;

export const HEADERS = {
  "x-api-key": KEY,
  "anthropic-version": "2026-10-21",
  "anthropic-beta": "managed-agents-2026-04-01",
};

export interface Answer {
  status: number;
  headers: Headers;
  body: { [key: string]: unknown; error?: { type: string; message: string; details?: { error_code: string } } };
}

/** An in-memory stand-in for the objects behind `env.SESSION`. */
export class Objects {
  readonly sessions = new Map<string, { init: SessionInit; session: Session }>();
  readonly calls: { method: string; id: string; drafts?: Draft[]; sender?: Sender; query?: ListQuery }[] = [];
  /** Refuses the next batch or create. */
  refuseNext = false;
  /** Throws in the next call, as a lost object does. */
  failNext: Error | null = null;

  getByName(id: string): SessionRpc {
    const record = (method: string, more: object = {}) => {
      this.calls.push({ method, id, ...more });
      const failure = this.failNext;
      this.failNext = null;
      if (failure) throw failure;
    };
    const found = <T>(workspace: string, then: (session: Session) => T): Outcome<T> => {
      const held = this.sessions.get(id);
      if (held?.init.workspace !== workspace) return { ok: false, error: notFound(`session ${id} was not found`) };
      return { ok: true, value: then(held.session) };
    };
    const refused = () => {
      const refuse = this.refuseNext;
      this.refuseNext = false;
      return refuse;
    };
    const stream = (value: unknown) => new Response(JSON.stringify(value)).body as ReadableStream<Uint8Array>;
    return {
      create: async (init, drafts, sender) => {
        record("create", { drafts, sender });
        if (refused()) return { ok: false, error: invalid("refused by the object") };
        if (!this.sessions.has(id)) this.sessions.set(id, { init, session: born(init) });
        return found(init.workspace, (session) => session);
      },
      getSession: async (workspace) => {
        record("getSession");
        return found(workspace, (session) => session);
      },
      getThread: async (workspace, threadId) => {
        record("getThread");
        const outcome = found(workspace, (session) => threadOf(session, threadId));
        if (!outcome.ok || this.sessions.get(id)?.init.threadId === threadId) return outcome;
        return { ok: false, error: notFound(`this session has no thread ${threadId}`) };
      },
      getThreads: async (workspace) => {
        record("getThreads");
        return found(workspace, (session) => [threadOf(session, this.sessions.get(id)?.init.threadId ?? "")]);
      },
      getHealth: async (workspace) =>
        found(workspace, (session) => ({
          closed: null,
          epoch: 1,
          boots: { in_turn: 0, streak: 0, last: null },
          status: session.status,
          open_calls: [],
          open_request: null,
          timers: {},
          inbox: 0,
          outbox_lag_seconds: 0,
          budget: session.budget,
          spent: { list_cost: { amount: "0", currency: "USD" }, exact_usd: "0" },
          last_error: null,
        })),
      emitEvents: async (workspace, drafts, sender) => {
        record("emitEvents", { drafts, sender });
        if (refused()) return { ok: false, error: invalid("refused by the object") };
        const begins = this.sessions.get(id)?.session.status === "idle";
        if (sender.full && begins) return { ok: false, error: sender.full };
        return found(workspace, () => stream({ data: drafts.map((draft) => ({ type: draft.type })) }));
      },
      getEvents: async (workspace, _thread, query) => {
        record("getEvents", { query });
        return found(workspace, () => stream({ data: [], next_page: null }));
      },
      getEvent: async (workspace) => found(workspace, () => stream({})),
      update: async (workspace, patch) => {
        record("update", { patch });
        return found(workspace, (session) => session);
      },
      archive: async (workspace) => {
        record("archive");
        return found(workspace, (session) => {
          session.archived_at ??= stamp(Date.now() * 1000);
          session.status = "terminated";
          return session;
        });
      },
      remove: async (workspace) => {
        record("remove");
        const outcome = found(workspace, () => ({ id }));
        if (outcome.ok) this.sessions.delete(id);
        return outcome;
      },
      fetch: async () => new Response(null, { status: 404 }),
    };
  }
}

function threadOf(session: Session, id: string): SessionThread {
  const { multiagent: _, ...agent } = session.agent;
  return {
    type: "session_thread",
    id,
    session_id: session.id,
    parent_thread_id: null,
    workflow_run_id: null,
    agent,
    status: session.archived_at === null ? session.status : "idle",
    usage: null,
    stats: null,
    created_at: session.created_at,
    updated_at: session.updated_at,
    archived_at: null,
  };
}

function born(init: SessionInit): Session {
  return {
    type: "session",
    id: init.id,
    status: "idle",
    title: init.title,
    agent: init.agent,
    environment_id: init.environmentId,
    deployment_id: null,
    vault_ids: [],
    resources: [],
    outcome_evaluations: [],
    budget: init.budget ?? null,
    metadata: init.metadata,
    usage: {},
    stats: {},
    created_at: stamp(init.createdAt),
    updated_at: stamp(init.createdAt),
    archived_at: null,
  };
}

const app = createApp();

/** For requests that need no more of the platform: what they leave to be done later is forgotten. */
const NOTHING: unknown = { waitUntil() {}, passThroughOnException() {}, props: {} };
export const CONTEXT = NOTHING as ExecutionContext;

/** One Miniflare for a test file; `server.objects` is fresh per file too. */
export function testServer() {
  const server = { env: {} as Env, objects: new Objects() };
  let miniflare: Miniflare;
  beforeAll(async () => {
    const worker = {
      name: "storage",
      modules: true,
      script: "export default {}",
      d1Databases: ["DB"],
      r2Buckets: ["BLOBS"],
    };
    miniflare = new Miniflare({ ...convertV4MiniflareOptions({ workers: [worker] }), cf: false });
    const db = (await miniflare.getD1Database("DB")) as unknown as D1Database;
    await applyMigrations(db, resolve(import.meta.dirname, "../../src/catalog/migrations"));
    const BLOBS = (await miniflare.getR2Bucket("BLOBS")) as unknown as R2Bucket;
    const bindings = { DB: db, BLOBS, SESSION: server.objects, API_KEYS: KEYS, REHEARSAL: "1" };
    server.env = bindings as unknown as Env;
  });
  afterAll(() => miniflare?.dispose());
  return server;
}

export type TestServer = ReturnType<typeof testServer>;

/** One HTTP exchange. A body that is no string or bytes is sent as JSON; headers replace those of HEADERS, null removes one. */
export async function call(
  server: Pick<TestServer, "env">,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string | null> = {},
): Promise<Answer> {
  const sent: Record<string, string | null> = {
    ...HEADERS,
    ...(body === undefined ? {} : { "content-type": "application/json" }),
    ...headers,
  };
  const present = Object.entries(sent).filter((entry): entry is [string, string] => entry[1] !== null);
  const raw =
    typeof body === "string" || body instanceof Uint8Array
      ? body
      : body === undefined
        ? undefined
        : JSON.stringify(body);
  const waiting: Promise<unknown>[] = [];
  const context = {
    waitUntil: (promise: Promise<unknown>) => waiting.push(promise),
    passThroughOnException() {},
    props: {},
  };
  const init = { method, headers: new Headers(present), ...(raw === undefined ? {} : { body: raw as BodyInit }) };
  const response = await app.request(path, init, server.env, context as unknown as ExecutionContext);
  await Promise.all(waiting);
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === "" ? {} : JSON.parse(text) };
}
