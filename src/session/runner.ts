import { advance, closeRequest, estimateUnseen, exhaust } from "../brain/advance.ts";
import { decide } from "../brain/decide.ts";
import { findModel } from "../brain/models/facts.ts";
import { settingOf } from "../brain/perform.ts";
import { type Doing, liveOf, type Ports } from "../brain/ports.ts";
import { runTurn } from "../brain/turn.ts";
import type { Batch } from "../log/batch.ts";
import { isMilestone } from "../log/boots.ts";
import type { LogView } from "../log/list.ts";
import { Fenced, type Log } from "../log/log.ts";
import { Corrupted, PRIMARY, type Row } from "../log/rows.ts";
import type { CallState } from "../log/state.ts";
import type { SessionAgent } from "../protocol/agents.ts";
import { ApiError, type WireError } from "../protocol/errors.ts";
import type { Session as WireSession } from "../protocol/sessions.ts";
import type { SessionThread } from "../protocol/threads.ts";
import { accept } from "./accept.ts";
import type { Accepted } from "./intake.ts";
import { type Halt, OperatorWatch } from "./operator-watch.ts";
import { pushIndex } from "./outbox.ts";
import type { SessionPorts } from "./ports.ts";
import { remember } from "./repeat.ts";
import { report } from "./report.ts";
import type { Draft, Sender, SessionInit, SessionPatch } from "./rpc.ts";
import type { Sockets } from "./sockets/sockets.ts";
import { update } from "./update.ts";
import { sessionView, threadView } from "./view.ts";

/** Rows told to the readers at once: bounds what is read back of a long inbox. */
const PUBLISH_ROWS = 32;

/** A loop that fails so often in a row ends its turn, as attempts and boots that get nowhere do (reliability.md, budget rule). */
const MAX_STUMBLES = 5;
const STUMBLED =
  "The session failed five times in a row on an error of the server, so the turn was ended. Send a message to try again.";

/** The part of the object's context that keeps work going and wakes it later. */
export type Host = Pick<DurableObjectState, "waitUntil" | "storage" | "abort">;

/**
 * A session in motion: takes client events, commits, publishes, and keeps one loop going for as long as there is something to do. The log is the
 * truth; what is held here is what this instance is doing at the moment.
 */
export class Runner {
  readonly #init: SessionInit;
  readonly #log: Log<SessionInit>;
  readonly #view: LogView;
  readonly #sockets: Sockets;
  readonly #host: Host;
  readonly #doing: Doing = { request: null, call: null, sent: new Set() };
  readonly ports: SessionPorts;
  readonly #watch: OperatorWatch;
  #loop: Promise<void> | null = null;
  /** How often in a row the loop has failed without a response or a result in between. */
  #stumbles = 0;

  constructor(parts: {
    host: Host;
    init: SessionInit;
    log: Log<SessionInit>;
    view: LogView;
    sockets: Sockets;
    ports: (own: Pick<Ports, "commit" | "preview">) => SessionPorts;
  }) {
    this.#init = parts.init;
    this.#log = parts.log;
    this.#view = parts.view;
    this.#sockets = parts.sockets;
    this.#host = parts.host;
    this.ports = parts.ports({
      commit: (batch) => this.commit(batch),
      preview: (preview) => this.#sockets.preview({ ...preview, thread: PRIMARY }),
    });
    const failed = (error: unknown) => report(this.ports.sessionId, error);
    this.#watch = new OperatorWatch(this.ports.operator, { halt: (halt) => this.#halt(halt), failed });
  }

  /** W1: what the client sent and everything that follows from it, in one commit; then the loop. A refusal stores nothing. */
  take(events: Draft[], sender: Sender): Accepted[] | WireError {
    const setting = settingOf(this.ports, this.#doing);
    const b = this.#log.begin(this.ports.now());
    const accepted = accept(b, events, {
      setting,
      cred: sender.cred,
      systemTurns: findModel(this.ports.modelId)?.systemMessages ?? false,
      used: () => this.#doing.request?.estimate() ?? null,
      held: sender.held ?? false,
    });
    if (!Array.isArray(accepted)) return accepted;
    if (sender.full && this.#log.state.status === "idle" && b.state.status === "running") return sender.full;
    this.#watch.admitted(this.#log.state.status === "idle" ? sender.cred : null);
    const dispatched = this.#dispatched();
    const stopped = b.rows.some((row) => row.type === "user.interrupt");
    if (stopped) this.#letGo();
    advance(b, setting);
    // What was queued and taken at once is stamped already.
    const stored = accepted.map(({ id, ts }) => ({ id, ts: ts ?? b.rows.find((row) => row.id === id)?.ts ?? null }));
    remember(b, sender, stored);
    this.commit(b);
    if (stopped) this.#cancel(dispatched);
    this.wake();
    return stored;
  }

  /** What a client changes of the session, and the work that this lets go on, in one commit. Throws `ApiError`; nothing is then stored. */
  update(patch: SessionPatch, full: WireError | null): void {
    const { ports } = this;
    const setting = settingOf(ports, this.#doing);
    const b = this.#log.begin(ports.now());
    const parts = { init: this.#init, agent: this.#agent(), priced: ports.priced(), expect: ports.expect };
    try {
      update(b, patch, { ...parts, beginning: setting });
      if (b.rows.length === 0) return;
      const resumes = b.state.status !== this.#log.state.status;
      if (resumes && full) throw new ApiError(full);
      if (resumes) advance(b, setting);
      this.commit(b);
    } finally {
      ports.expect(null);
    }
    this.wake();
  }

  /** As the wire shows it, now. */
  session(): WireSession {
    return sessionView(this.#init, this.#log.state, this.#agent(), this.ports.now());
  }

  /** The primary thread, the only one of this version. */
  thread(): SessionThread {
    return threadView(this.#init, this.#log.state, this.#agent(), this.ports.now());
  }

  pushIndex(db: D1Database): ReturnType<typeof pushIndex> {
    return pushIndex(db, this.#init, this.#log, this.ports.agentAt);
  }

  #agent(): SessionAgent {
    return this.ports.agentAt(this.#log.state.agents.newest);
  }

  /** Writes, then tells the readers. An event that waited in the inbox is read back, since its content never left the database. */
  commit(batch: Batch): Row[] {
    const rows = this.#log.commit(batch);
    if (rows.some(isMilestone)) this.#stumbles = 0;
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
    const shown = rows.filter((row) => row.thread === PRIMARY);
    for (let i = 0; i < shown.length; i += PUBLISH_ROWS) {
      const part = shown.slice(i, i + PUBLISH_ROWS);
      this.#sockets.publish(part.map((row) => (row.n === null ? row : (this.#view.row(PRIMARY, row.seq) ?? row))));
    }
  }

  /** Takes up whatever the log says is next. Called by the constructor, after each post and by the alarm; twice is the same as once. */
  wake(): void {
    if (this.#loop || this.#rests()) return;
    const loop = this.#turn().then(
      (how) => {
        this.#loop = null;
        if (how === "hop") return this.#host.storage.setAlarm(Date.now());
        return this.wake();
      },
      (error: unknown) => {
        this.#loop = null;
        report(this.ports.sessionId, error);
        // Somebody has a newer epoch, so nothing this instance does counts; a new one takes a higher one.
        if (error instanceof Fenced) this.#host.abort("fenced");
        else this.#stumbled(error);
      },
    );
    this.#loop = loop;
    this.#host.waitUntil(loop);
  }

  /** The watchdog tries again, but not for ever: no boot is counted, and a turn that cannot go on costs what a running one costs. */
  #stumbled(error: unknown): void {
    this.#stumbles += 1;
    if (!(error instanceof Corrupted) && this.#stumbles < MAX_STUMBLES) return;
    this.#stumbles = 0;
    try {
      this.#halt({ error: "unknown_error", message: error instanceof Corrupted ? error.message : STUMBLED });
    } catch (again) {
      report(this.ports.sessionId, again);
    }
  }

  /** One run of the loop, under the operator's eye. */
  async #turn(): ReturnType<typeof runTurn> {
    const leave = this.#watch.watch();
    return runTurn(this.ports, this.#doing).finally(leave);
  }

  /** Ends the turn at once, as an interrupt does, and says why; nothing that was accepted is lost (spec/core.md §4.8). */
  #halt({ error, message }: Halt): void {
    const { status } = this.#log.state;
    if (status !== "running" && status !== "rescheduling") return;
    const setting = settingOf(this.ports, this.#doing);
    const b = this.#log.begin(this.ports.now());
    closeRequest(b, setting, b.state.request ? (this.#doing.request?.estimate() ?? estimateUnseen(b)) : null);
    const dispatched = this.#dispatched();
    this.#letGo();
    exhaust(b, setting, error, message);
    this.commit(b);
    this.#cancel(dispatched);
    console.warn(JSON.stringify({ level: "warn", event: "halt", session: this.ports.sessionId, error }));
  }

  #dispatched(): CallState[] {
    return this.#log.state.calls.filter((call) => call.dispatched && !call.settled);
  }

  /** Cancelling is asynchronous: the calls are settled when that is committed, and a late outcome is dropped (shared design §4). */
  #cancel(calls: CallState[]): void {
    for (const call of calls)
      void this.ports.hand.cancel(`${this.ports.sessionId}/${call.id}`, this.#log.epoch).catch(() => undefined);
  }

  /** Stops waiting for what the coming commit settles. */
  #letGo(): void {
    this.#doing.request?.abort.abort();
    this.#doing.request = null;
    this.#doing.call?.release();
    this.#doing.call = null;
  }

  /** What the log says is to be done now. */
  next(): ReturnType<typeof decide>["kind"] {
    return decide(this.#log.state, liveOf(this.ports, this.#doing)).kind;
  }

  #rests(): boolean {
    const next = this.next();
    return next === "none" || next === "wait";
  }
}
