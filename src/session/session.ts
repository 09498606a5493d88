import { DurableObject } from "cloudflare:workers";
import { listName } from "../catalog/cursor.ts";
import type { Env } from "../env.ts";
import { LogView } from "../log/list.ts";
import { Fenced, Log } from "../log/log.ts";
import { byteStream, eventBytes } from "../log/read.ts";
import type { BlobRef } from "../log/rows.ts";
import { objectSql } from "../log/sql.ts";
import { sessionStatus, threadNumber } from "../log/state.ts";
import { ApiError, notFound, type Outcome, type WireError } from "../protocol/errors.ts";
import type { ClosedReason, SessionHealth } from "../protocol/health.ts";
import type { Session as WireSession } from "../protocol/sessions.ts";
import type { SessionThread } from "../protocol/threads.ts";
import { archive, beginRemoval, type Ending } from "./archive-delete.ts";
import { create } from "./create.ts";
import { indexDelivery, removeDelivery } from "./deliveries.ts";
import { sessionHealth } from "./health.ts";
import { once } from "./idempotency.ts";
import { Outbox } from "./outbox.ts";
import { pageBody } from "./page.ts";
import { openRemote, portsOf } from "./ports.ts";
import { echoBody } from "./post-response.ts";
import { alarmAgain, keepAlarm, openAgain } from "./recovery/alarm.ts";
import { boot } from "./recovery/boot.ts";
import { reportRecovery } from "./recovery/report.ts";
import { type Closed, closedBy, openedAgain, refusedSocket, unavailableOutcome } from "./recovery/unavailable.ts";
import { closedHealth } from "./recovery/unavailable-health.ts";
import { failureOutcome, missingOutcome } from "./refusals.ts";
import { report } from "./report.ts";
import type { Draft, ListQuery, Sender, SessionInit, SessionPatch, SessionRpc } from "./rpc.ts";
import { SessionRuntime } from "./runtime.ts";
import { Sockets } from "./sockets/sockets.ts";
import { upkeep } from "./timers.ts";

/**
 * One session: its log, its loop, its readers. A shell that wires and answers; what may be taken is `accept.ts`, what happens next
 * `brain/decide.ts`. The constructor writes nothing but W0, and that only where a turn was cut off (reliability.md §2.1).
 */
export class SessionObject extends DurableObject<Env> implements SessionRpc {
  readonly #log: Log<SessionInit>;
  readonly #view: LogView;
  readonly #sockets: Sockets;
  readonly #outbox: Outbox;
  readonly #portsOf: typeof portsOf;
  #runtime: SessionRuntime | null = null;
  /** Set when the stored session could not be opened: it answers so, and touches nothing. */
  #closed: Closed | null = null;

  /** The platform passes the first two; the simulator also says where the effects of a turn go. */
  constructor(ctx: DurableObjectState, env: Env, ports = portsOf) {
    super(ctx, env);
    this.#portsOf = ports;
    this.#log = new Log(objectSql(ctx.storage), {
      setAlarm: (due) => void (due === null ? ctx.storage.deleteAlarm() : ctx.storage.setAlarm(due)),
    });
    this.#view = new LogView(this.#log.sql, () => this.#log.state.seq);
    this.#sockets = new Sockets({ ctx, log: this.#view });
    this.#outbox = new Outbox({
      log: this.#log,
      deliveries: {
        index: indexDelivery(this.#log, () => this.#run().ports.catalogRow),
        remove: removeDelivery(this.#log, { env, hand: () => this.#run().ports.hand, forget: () => this.#forget() }),
      },
      keep: (work) => ctx.waitUntil(work),
    });
    void ctx.blockConcurrencyWhile(() => this.#boot());
  }

  async #boot(): Promise<void> {
    try {
      if (!(await boot(this.#log, this.ctx.storage, (thread) => this.#run().thread(thread).price))) return;
      if (sessionStatus(this.#log.state) === "running") reportRecovery(this.#log, this.#run().next());
      this.#run().wake();
      keepAlarm(this.ctx.storage, this.#log);
      openedAgain(this.ctx.id.name ?? "");
    } catch (error) {
      this.#closed = closedBy(error, this.ctx.id.name ?? "", this.#log.sql);
      if (!this.#closed.wire.noRetry) openAgain(this.ctx);
    }
  }

  async create(init: SessionInit, events: Draft[], sender: Sender): Promise<Outcome<WireSession>> {
    if (this.#log.init === null && !this.#closed) {
      try {
        // The create's key is the catalog's business: a later POST of events may carry the same one.
        create(this.#log, init, events, () => this.#run().take(events, { ...sender, key: null }));
        this.#run().wake();
      } catch (error) {
        this.#runtime = null;
        return failureOutcome(error, init.id);
      }
    }
    return this.getSession(init.workspace);
  }

  async getSession(workspace: string): Promise<Outcome<WireSession>> {
    return this.#within(workspace, () => this.#run().session());
  }

  async getThread(workspace: string, threadId: string): Promise<Outcome<SessionThread>> {
    return this.#within(workspace, () => this.#run().threadView(threadId));
  }

  async getThreads(workspace: string): Promise<Outcome<SessionThread[]>> {
    return this.#within(workspace, () =>
      this.#log.state.threads.map(({ threadId }) => this.#run().threadView(threadId)),
    );
  }

  async getHealth(workspace: string): Promise<Outcome<SessionHealth>> {
    if (this.#closed) return closedHealth(this.#closed, workspace, this.#log.sql, this.ctx.storage);
    return this.#within(workspace, () => sessionHealth(this.#log, Date.now()));
  }

  async emitEvents(workspace: string, events: Draft[], sender: Sender): Promise<Outcome<ReadableStream<Uint8Array>>> {
    return this.#within(workspace, () => {
      const taken = once(this.#log, sender, () => this.#run().take(events, sender));
      this.#run().wake();
      return echoBody(events, taken, this.#remote);
    });
  }

  async getEvents(
    workspace: string,
    thread: string | null,
    query: ListQuery,
  ): Promise<Outcome<ReadableStream<Uint8Array>>> {
    return this.#within(workspace, (init) => {
      const number = this.#threadNumber(thread ?? init.threadId);
      const list = listName("events", workspace, init.id, thread ?? "");
      return pageBody(this.#log.sql, { thread: number, list }, query, this.#remote);
    });
  }

  async getEvent(workspace: string, seq: number): Promise<Outcome<ReadableStream<Uint8Array>>> {
    return this.#within(workspace, () => {
      const row = this.#log.state.threads.map(({ thread }) => this.#view.row(thread, seq)).find((one) => one !== null);
      if (!row) throw new ApiError(notFound(`this session has no event at ${seq}`));
      return byteStream(eventBytes(this.#log.sql, row, this.#remote));
    });
  }

  /** The catalog knows before the client does; one that does not answer is told again by the alarm. */
  async update(workspace: string, patch: SessionPatch, full: WireError | null = null): Promise<Outcome<WireSession>> {
    const done = this.#within(workspace, () => {
      this.#run().update(patch, full);
      return this.#run().session();
    });
    if (done.ok) await this.#outbox.flush("index").catch(() => {});
    return done;
  }

  async archive(workspace: string): Promise<Outcome<WireSession>> {
    return this.#within(workspace, () => {
      archive(this.#ending());
      return this.#run().session();
    });
  }

  /** Goes on with a removal that has begun; each step may be repeated. A session whose log cannot be read is its owner's to delete all the same. */
  async remove(workspace: string): Promise<Outcome<{ id: string }>> {
    const init = this.#log.init;
    const mine = init?.workspace === workspace;
    const begin = () => beginRemoval(this.#ending());
    const begun = mine && this.#log.state.deleting ? null : this.#within(workspace, begin, "damaged_log");
    if (begun?.ok === false) return begun;
    await this.#outbox.flush("remove", true);
    return { ok: true, value: { id: init?.id ?? "" } };
  }

  /** Never throws, so that the platform's own retries and their limit do not matter (reliability.md C19). */
  override async alarm(): Promise<void> {
    const init = this.#log.init;
    // Of a damaged log there is nothing to do but to tell and to remove; what another build may find in any other, that one is to do.
    if (this.#closed && this.#closed.reason !== "damaged_log") return alarmAgain(this.ctx.storage);
    if (init === null) return;
    try {
      try {
        upkeep(this.#log, this.#outbox);
      } finally {
        if (!this.#closed && !this.#log.state.deleting) this.#run().wake();
      }
    } catch (error) {
      report(init.id, error);
    } finally {
      this.#log.rearm(Date.now());
    }
  }

  override async fetch(request: Request): Promise<Response> {
    const asking = request.headers.get("x-sinew-workspace");
    if (this.#closed && !this.#log.state.deleting) return refusedSocket(this.#closed, asking);
    const init = this.#log.init;
    const mine = init?.workspace === asking && !this.#log.state.deleting;
    const named = new URL(request.url).searchParams.get("thread") ?? init?.threadId ?? "";
    const thread = mine ? threadNumber(this.#log.state, named) : null;
    if (thread === null) return new Response("there is no such session or thread", { status: 404 });
    return this.#sockets.accept(request, { thread });
  }

  override webSocketMessage(ws: WebSocket, message: string | ArrayBuffer): void {
    this.#sockets.message(ws, message);
  }

  override webSocketClose(ws: WebSocket): void {
    this.#sockets.close(ws);
  }

  override webSocketError(ws: WebSocket): void {
    this.#sockets.close(ws);
  }

  #run(): SessionRuntime {
    const init = this.#log.init;
    if (init === null) throw new Error("a session without a beginning cannot run");
    const parts = { log: this.#log, view: this.#view };
    this.#runtime ??= new SessionRuntime({
      ...parts,
      init,
      host: this.ctx,
      sockets: this.#sockets,
      ports: (own) => this.#portsOf({ ...parts, ...own, env: this.env, init }),
    });
    return this.#runtime;
  }

  /** The alarm goes in the same commit: without it nothing would take up a deletion that stopped between the two. */
  async #forget(): Promise<void> {
    await this.ctx.storage.deleteAll();
    this.#log.forget();
    this.#runtime = null;
    this.#closed = null;
  }

  #ending(): Ending {
    const run = this.#run();
    return { log: this.#log, sockets: this.#sockets, commit: (batch) => void run.commit(batch), now: nowMicros() };
  }

  readonly #remote = (ref: BlobRef) => openRemote(this.env.BLOBS, this.#log.init?.id ?? "", ref);

  /** Throws `ApiError` for a thread that the session does not have. */
  #threadNumber(threadId: string): number {
    const thread = threadNumber(this.#log.state, threadId);
    if (thread === null) throw new ApiError(notFound(`this session has no thread ${threadId}`));
    return thread;
  }

  /** Another workspace's session, a deleted one and one that never was all look alike. `even`: also if it is closed for that. */
  #within<T>(workspace: string, work: (init: SessionInit) => T, even?: ClosedReason): Outcome<T> {
    const init = this.#log.init;
    const { deleting } = this.#log.state;
    if (this.#closed && !deleting && this.#closed.reason !== even) return unavailableOutcome(this.#closed, workspace);
    if (init === null || deleting || init.workspace !== workspace) return missingOutcome();
    keepAlarm(this.ctx.storage, this.#log);
    try {
      return { ok: true, value: work(init) };
    } catch (error) {
      // Another instance is the session now: this one must not answer again.
      if (error instanceof Fenced) this.ctx.abort("fenced");
      return failureOutcome(error, init.id);
    }
  }
}

function nowMicros(): number {
  return Date.now() * 1000;
}
