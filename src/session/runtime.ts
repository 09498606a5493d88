import { decide } from "../brain/decide.ts";
import { closeRequest, endTurnWithError, estimateUnseen } from "../brain/end-turn.ts";
import { Doing, liveOf, type ThreadContext } from "../brain/thread.ts";
import { advance, runTurn } from "../brain/turn.ts";
import { callKey } from "../hands/hand.ts";
import type { Batch } from "../log/batch.ts";
import { isProgress } from "../log/crash-loop.ts";
import type { LogView } from "../log/list.ts";
import { Fenced, type Log } from "../log/log.ts";
import { Corrupted, INTERNAL, PRIMARY, type Row } from "../log/rows.ts";
import { openCalls, primaryThread, type SessionState, sessionStatus } from "../log/state.ts";
import { ApiError, notFound, type WireError } from "../protocol/errors.ts";
import type { Session as WireSession } from "../protocol/sessions.ts";
import type { SessionThread } from "../protocol/threads.ts";
import type { Accepted } from "./accept/draft.ts";
import { accept } from "./accept.ts";
import { remember } from "./idempotency.ts";
import { type Halt, OperatorWatch } from "./operator-watch.ts";
import type { SessionPorts } from "./ports.ts";
import { report } from "./report.ts";
import type { Draft, Sender, SessionInit, SessionPatch } from "./rpc.ts";
import type { Sockets } from "./sockets/sockets.ts";
import { update } from "./update.ts";
import { sessionView, threadView } from "./view.ts";

/** Rows told to the readers at once: bounds what is read back of a long inbox. */
const PUBLISH_ROWS = 32;

/** A loop that fails so often in a row ends its turn, as attempts and boots that get nowhere do (reliability.md, budget rule). */
const MAX_LOOP_FAILURES = 5;
const LOOP_FAILED =
  "The session failed five times in a row on an error of the server, so the turn was ended. Send a message to try again.";

/** The part of the object's context that keeps work going and wakes it later. */
export type Host = Pick<DurableObjectState, "waitUntil" | "storage" | "abort">;

/**
 * A session in motion: takes client events, commits, publishes, and keeps one loop per thread going for as long as there is something to do. The log
 * is the truth; what is held here is what this instance is doing at the moment.
 */
export class SessionRuntime {
  readonly #init: SessionInit;
  readonly #log: Log<SessionInit>;
  readonly #view: LogView;
  readonly #sockets: Sockets;
  readonly #host: Host;
  readonly ports: SessionPorts;
  readonly #watch: OperatorWatch;
  readonly #threads = new Map<number, ThreadContext>();
  readonly #loops = new Map<number, Promise<void>>();
  #leave: (() => void) | null = null;
  /** How often in a row a loop has failed without a response or a result in between. */
  #failures = 0;

  constructor(parts: {
    host: Host;
    init: SessionInit;
    log: Log<SessionInit>;
    view: LogView;
    sockets: Sockets;
    ports: (own: Pick<ThreadContext, "commit" | "preview">) => SessionPorts;
  }) {
    this.#init = parts.init;
    this.#log = parts.log;
    this.#view = parts.view;
    this.#sockets = parts.sockets;
    this.#host = parts.host;
    this.ports = parts.ports({
      commit: (batch) => this.commit(batch),
      preview: (thread, preview) => this.#sockets.preview({ ...preview, thread }),
    });
    const failed = (error: unknown) => report(this.ports.sessionId, error);
    this.#watch = new OperatorWatch(this.ports.operator, { halt: (halt) => this.#halt(halt), failed });
  }

  /**
   * W1: what the client sent and everything that follows from it, in one commit. Throws `ApiError`; nothing is then stored. The caller wakes the
   * loops once its own transaction, if this is a part of one, is over: no effect leaves before the rows that intend it.
   */
  take(events: Draft[], sender: Sender): Accepted[] {
    const b = this.#log.begin(this.ports.now());
    const accepted = accept(b, events, {
      context: (thread) => this.thread(thread),
      cred: sender.cred,
      held: sender.held ?? false,
    });
    const idle = sessionStatus(this.#log.state) === "idle";
    if (sender.full && idle && sessionStatus(b.state) === "running") throw new ApiError(sender.full);
    this.#watch.admitted(idle ? sender.cred : null);
    this.#advance(b);
    // What was queued and taken at once is stamped already.
    const stored = accepted.map(({ id, ts }) => ({ id, ts: ts ?? b.rows.find((row) => row.id === id)?.ts ?? null }));
    remember(b, sender, stored);
    this.#commitAndAbandon(b);
    return stored;
  }

  /** What a client changes of the session, and the work that this lets go on, in one commit. Throws `ApiError`; nothing is then stored. */
  update(patch: SessionPatch, full: WireError | null): void {
    const b = this.#log.begin(this.ports.now());
    update(b.on(PRIMARY), patch, { init: this.#init, context: this.thread(PRIMARY) });
    if (b.rows.length === 0) return;
    const resumes = sessionStatus(b.state) !== sessionStatus(this.#log.state);
    if (resumes && full) throw new ApiError(full);
    if (resumes) this.#advance(b);
    this.commit(b);
    this.wake();
  }

  /** As the wire shows it, now. */
  session(): WireSession {
    const { state } = this.#log;
    const agent = this.thread(PRIMARY).agentAt(primaryThread(state).agents.newest);
    return sessionView(this.#init, state, agent, this.ports.now());
  }

  /** One thread as the wire shows it. Throws `ApiError` for one that the session does not have. */
  threadView(threadId: string): SessionThread {
    const { state } = this.#log;
    const found = state.threads.find((one) => one.threadId === threadId);
    if (!found) throw new ApiError(notFound(`this session has no thread ${threadId}`));
    const agent = this.thread(found.thread).agentAt(found.agents.newest);
    return threadView(this.#init, state, found, agent, this.ports.now());
  }

  /** What a thread's turns run on; made once per instance. */
  thread(thread: number): ThreadContext {
    const known = this.#threads.get(thread);
    if (known) return known;
    const made = { ...this.ports, ...this.ports.agent(thread), thread, doing: new Doing() };
    this.#threads.set(thread, made);
    return made;
  }

  /** Writes, then tells the readers. An event that waited in the inbox is read back, since its content never left the database. */
  commit(batch: Batch): Row[] {
    const rows = this.#log.commit(batch);
    if (rows.some(isProgress)) this.#failures = 0;
    try {
      this.#publish(rows);
    } catch (error) {
      // It is written: whoever waits for that must not hear otherwise, and no reader may go on behind a gap.
      report(this.ports.sessionId, error);
      this.#sockets.restart();
    }
    return rows;
  }

  #publish(rows: readonly Row[]): void {
    const shown = rows.filter((row) => row.thread !== INTERNAL);
    for (let i = 0; i < shown.length; i += PUBLISH_ROWS) {
      const part = shown.slice(i, i + PUBLISH_ROWS);
      this.#sockets.publish(part.map((row) => (row.n === null ? row : (this.#view.row(row.thread, row.seq) ?? row))));
    }
  }

  /** Takes up whatever the log says is next. Called at boot, after each post and by the alarm; twice is the same as once. */
  wake(): void {
    for (const { thread } of this.#log.state.threads) {
      if (!this.#loops.has(thread) && !this.#rests(thread)) this.#start(thread);
    }
  }

  #start(thread: number): void {
    const ended = (): void => {
      this.#loops.delete(thread);
      if (this.#loops.size > 0) return;
      this.#leave?.();
      this.#leave = null;
    };
    const loop = this.#turn(thread).then(
      (how) => {
        ended();
        if (how === "hop") return this.#host.storage.setAlarm(Date.now());
        return this.wake();
      },
      (error: unknown) => {
        ended();
        this.onLoopFailure(error);
      },
    );
    this.#loops.set(thread, loop);
    this.#host.waitUntil(loop);
  }

  /**
   * Somebody has a newer epoch, so nothing this instance does counts; a new one takes a higher one. Otherwise the watchdog tries again, but not for
   * ever: no boot is counted, and a turn that cannot go on costs what a running one costs.
   */
  onLoopFailure(error: unknown): void {
    report(this.ports.sessionId, error);
    if (error instanceof Fenced) {
      this.#host.abort("fenced");
      return;
    }
    this.#failures += 1;
    if (!(error instanceof Corrupted) && this.#failures < MAX_LOOP_FAILURES) return;
    this.#failures = 0;
    try {
      this.#halt({ error: "unknown_error", message: error instanceof Corrupted ? error.message : LOOP_FAILED });
    } catch (again) {
      report(this.ports.sessionId, again);
    }
  }

  /** One run of a thread's loop, under the operator's eye. */
  async #turn(thread: number): ReturnType<typeof runTurn> {
    this.#leave ??= this.#watch.watch();
    return runTurn(this.thread(thread));
  }

  /** Ends every turn at once, as an interrupt does, and says why; nothing that was accepted is lost (spec/core.md §4.8). */
  #halt({ error, message }: Halt): void {
    const status = sessionStatus(this.#log.state);
    if (status !== "running" && status !== "rescheduling") return;
    const b = this.#log.begin(this.ports.now());
    for (const { thread, status: own } of this.#log.state.threads) {
      if (own !== "running" && own !== "rescheduling") continue;
      const t = b.on(thread);
      const { price, doing } = this.thread(thread);
      closeRequest(t, price, t.state.request ? (doing.request?.estimate() ?? estimateUnseen(t)) : null);
      endTurnWithError(t, error, message);
    }
    this.#commitAndAbandon(b);
    console.warn(JSON.stringify({ level: "warn", event: "halt", session: this.ports.sessionId, error }));
  }

  /** The rows that follow from the batch in every thread that it concerns. */
  #advance(b: Batch): void {
    for (const { thread } of b.state.threads) advance(b.on(thread), this.thread(thread));
  }

  /**
   * Commits, and then stops waiting for what the commit has settled: a commit that fails leaves everything under way. Cancelling is asynchronous, and
   * a late outcome is dropped (shared design §4).
   */
  #commitAndAbandon(b: Batch): void {
    const before = dispatchedCalls(this.#log.state);
    this.commit(b);
    const open = new Set(this.#log.state.threads.flatMap(openCalls).map((call) => call.id));
    for (const { thread, request, calls } of this.#log.state.threads) {
      const { doing } = this.thread(thread);
      const lost = doing.request !== null && doing.request.id !== request?.id;
      const settled = [...doing.calls.keys()].some((id) => !calls.some((call) => call.id === id && !call.settled));
      if (lost || settled) doing.abandonEffects();
    }
    for (const id of before.filter((one) => !open.has(one)))
      void this.ports.hand.cancel(callKey(this.ports.sessionId, id), this.#log.epoch).catch(() => undefined);
  }

  /** What the log says is to be done now in the primary thread. */
  next(): ReturnType<typeof decide>["kind"] {
    return this.#next(PRIMARY);
  }

  #next(thread: number): ReturnType<typeof decide>["kind"] {
    return decide(this.#log.state, thread, liveOf(this.thread(thread))).kind;
  }

  #rests(thread: number): boolean {
    const next = this.#next(thread);
    return next === "none" || next === "wait";
  }
}

/** The calls that a hand may be at work on. */
function dispatchedCalls(state: SessionState): string[] {
  return state.threads.flatMap(openCalls).flatMap((call) => (call.dispatched ? [call.id] : []));
}
