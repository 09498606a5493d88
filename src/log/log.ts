import { newId } from "../protocol/ids.ts";
import { Batch, type InboxEntry, type PostRecord, type Timers } from "./batch.ts";
import { type Boots, bootsAfter, nextBoot } from "./crash-loop.ts";
import { type OutboxEntry, readOutbox, takenFromTimers, writeOutbox } from "./outbox.ts";
import { inboxEntries, stateRows } from "./read.ts";
import { reduce } from "./reduce.ts";
import type { Row } from "./rows.ts";
import { createTables, hasTables, SCHEMA_VERSION } from "./schema.ts";
import { readSnapshot, writeSnapshot } from "./snapshot.ts";
import type { Sql } from "./sql.ts";
import { type Created, initialState, type SessionState, type Status, sessionStatus } from "./state.ts";
import { writeMeta, writeRows } from "./write.ts";

/** A snapshot is rewritten after this many rows, and at every idle. */
const SNAPSHOT_EVERY = 64;
/** Before an alarm that could not do its work fires again. */
export const OVERDUE_MS = 1_000;
/** How long an Idempotency-Key is remembered. */
const POSTS_KEPT_MS = 24 * 3_600_000;

/** Another instance has taken the session over, or this one lost count: its loop ends and nothing it wanted to write is written. */
export class Fenced extends Error {
  constructor() {
    super("this instance no longer owns the session");
    this.name = "Fenced";
  }
}

/** The build is too old for what is stored. */
export class TooNew extends Error {}

/**
 * The only reader and writer of a session's rows. Contract: `commit` is one synchronous, atomic block and the only way in; memory
 * (`state`, `inbox`, `timers`, `outbox`) changes only after it. Constructing it writes nothing (shared design §3).
 */
export class Log<Init extends Created = Created> {
  readonly sql: Sql;
  readonly #setAlarm: (due: number | null) => void;
  readonly #random: ((bytes: Uint8Array) => Uint8Array) | undefined;
  state: SessionState = initialState();
  inbox: InboxEntry[] = [];
  timers: Timers = {};
  outbox: readonly OutboxEntry[] = [];
  boots: Boots = { inTurn: 0, streak: 0, last: 0 };
  #init: Init | null = null;
  #epoch = 0;
  #claimed = false;
  #lastN = 0;
  #snapSeq = 0;
  #version = 0;
  /** What the table holds of `outbox`; null: it has not been made. */
  #stored: readonly OutboxEntry[] | null = null;
  /** The clock is behind the newest row, and a row says so. */
  #clockTold = false;

  constructor(sql: Sql, ports: { setAlarm: (due: number | null) => void; random?: (bytes: Uint8Array) => Uint8Array }) {
    this.sql = sql;
    this.#setAlarm = ports.setAlarm;
    this.#random = ports.random;
  }

  get init(): Init | null {
    return this.#init;
  }

  /** When the alarm is to fire, milliseconds since 1970; null for never. */
  get due(): number | null {
    const times = [...Object.values(this.timers), ...this.outbox.map((entry) => entry.due)];
    return times.length > 0 ? Math.min(...times) : null;
  }

  /** The epoch that the next commit is written under. */
  get epoch(): number {
    return this.#claimed ? this.#epoch : this.#epoch + 1;
  }

  /**
   * Reads `meta` and nothing else, and if the session was running commits W0 (epoch and crash counters) before anything else is read, so that a
   * boot which dies of what it reads is still counted (reliability.md W0, C32); then the outbox. Gives what the session was doing; null: there is no such session,
   * and no table was made.
   */
  open(nowMs: number): Status | null {
    if (!hasTables(this.sql)) return null;
    const meta = this.sql.exec("SELECT * FROM meta WHERE k = 1")[0];
    if (!meta) return null;
    if ((meta.min_reader as number) > SCHEMA_VERSION)
      throw new TooNew("this session was written by a newer version of Sinew");
    this.#epoch = meta.epoch as number;
    this.#lastN = meta.last_n as number;
    this.timers = JSON.parse(meta.timers as string) as Timers;
    this.#init = JSON.parse(this.sql.exec("SELECT body FROM init WHERE k = 1")[0]?.body as string) as Init;
    this.boots = {
      inTurn: meta.boots_in_turn as number,
      streak: meta.boot_streak as number,
      last: meta.last_boot as number,
    };
    if (meta.status === "running") this.#countBoot(nowMs);
    this.#stored = readOutbox(this.sql);
    const waited = takenFromTimers(this.timers);
    this.outbox = waited.length > 0 ? [...(this.#stored ?? []), ...waited] : (this.#stored ?? []);
    return meta.status as Status;
  }

  /** Replays the newest snapshot and the rows after it. */
  hydrate(): void {
    this.state = readSnapshot(this.sql) ?? this.#first();
    this.#snapSeq = this.state.seq;
    for (const row of stateRows(this.sql, this.state.seq)) this.state = reduce(this.state, row);
    this.inbox = inboxEntries(this.sql);
  }

  create(init: Init): void {
    this.sql.transaction(() => {
      createTables(this.sql);
      const columns = "k, min_reader, epoch, status, last_n, boots_in_turn, boot_streak, last_boot, timers";
      this.sql.exec(`INSERT INTO meta (${columns}) VALUES (1, ?, 0, 'idle', 0, 0, 0, 0, '{}')`, SCHEMA_VERSION);
      // A row of its own: `meta` is rewritten with every commit and must stay short.
      this.sql.exec("INSERT INTO init (k, body) VALUES (1, ?)", JSON.stringify(init));
    });
    this.#init = init;
    this.#stored = this.outbox = [];
    this.state = this.#first();
  }

  /** An empty batch on top of what is committed. `now` in microseconds. */
  begin(now: number): Batch {
    return new Batch({
      state: this.state,
      inbox: this.inbox,
      lastN: this.#lastN,
      timers: this.timers,
      outbox: this.outbox,
      epoch: this.epoch,
      version: this.#version,
      now,
      clockTold: this.#clockTold,
      ...(this.#random ? { random: this.#random } : {}),
    });
  }

  /** Whether nothing was committed since the batch was begun. */
  isCurrent(batch: Batch): boolean {
    return batch.version === this.#version && batch.epoch === this.epoch;
  }

  newEventId(): string {
    return newId("sevt", this.#random);
  }

  /** Writes the batch, or throws and changes nothing. Returns its rows; those taken from the inbox carry no content. */
  commit(batch: Batch): Row[] {
    if (!this.isCurrent(batch)) throw new Fenced();
    const snapshot =
      batch.rows.length > 0 &&
      (sessionStatus(batch.state) !== "running" || batch.state.seq - this.#snapSeq >= SNAPSHOT_EVERY);
    const boots = bootsAfter(this.boots, batch);
    this.sql.transaction(() => {
      const held = this.sql.exec("SELECT epoch FROM meta WHERE k = 1")[0];
      if (held?.epoch !== this.#epoch) throw new Fenced();
      writeRows(this.sql, batch);
      writeOutbox(this.sql, this.#stored, batch.outbox);
      if (snapshot) writeSnapshot(this.sql, batch.state);
      writeMeta(this.sql, batch, boots);
    });
    this.#epoch = batch.epoch;
    this.#claimed = true;
    this.#version += 1;
    this.#lastN = batch.lastN;
    if (snapshot) this.#snapSeq = batch.state.seq;
    if (batch.rows.length > 0) this.#clockTold = batch.clockTold;
    this.state = batch.state;
    this.inbox = batch.inbox;
    this.boots = boots;
    const before = this.due;
    this.timers = batch.timers;
    this.outbox = batch.outbox;
    if (this.#stored !== null || batch.outbox.length > 0) this.#stored = batch.outbox;
    if (this.due !== before) this.#setAlarm(this.due);
    return batch.rows;
  }

  /** After an alarm has fired none is set: sets it again for the next due timer, one that stayed due a little later. */
  rearm(nowMs: number): void {
    const next = this.due;
    if (this.#init) this.#setAlarm(next === null ? null : Math.max(next, nowMs + OVERDUE_MS));
  }

  /** The database is gone: this instance knows of no session any more. */
  forget(): void {
    this.#init = null;
    this.state = initialState();
    this.inbox = [];
    this.timers = {};
    this.outbox = [];
    this.#stored = null;
    this.#epoch = 0;
    this.#claimed = false;
    this.#lastN = 0;
  }

  post(key: string): PostRecord | null {
    const row = this.sql.exec("SELECT key, digest, retry, at, echo FROM posts WHERE key = ?", key)[0];
    return row ? ({ ...row, echo: JSON.parse(row.echo as string) } as PostRecord) : null;
  }

  /** Forgets posts that no retry can name any more. */
  prune(nowMs: number): void {
    this.sql.exec("DELETE FROM posts WHERE at < ?", nowMs - POSTS_KEPT_MS);
  }

  #first(): SessionState {
    return initialState(this.#init ?? {});
  }

  #countBoot(nowMs: number): void {
    this.boots = nextBoot(this.boots, nowMs);
    this.#epoch += 1;
    this.#claimed = true;
    this.sql.exec(
      "UPDATE meta SET epoch = ?, boots_in_turn = ?, boot_streak = ?, last_boot = ? WHERE k = 1",
      this.#epoch,
      this.boots.inTurn,
      this.boots.streak,
      nowMs,
    );
  }
}
