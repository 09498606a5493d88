import { newId } from "../protocol/ids.ts";
import type { Budget } from "../protocol/usage.ts";
import { Batch, type InboxEntry, type PostRecord, type Timers } from "./batch.ts";
import { type Boots, nextBoot } from "./boots.ts";
import { rowFrom } from "./read.ts";
import { reduce } from "./reduce.ts";
import { INTERNAL, PRIMARY, type Row } from "./rows.ts";
import { createTables, hasTables, SCHEMA_VERSION } from "./schema.ts";
import type { Sql, SqlRow } from "./sql.ts";
import { initialState, type State } from "./state.ts";
import { writeMeta, writeRows, writeSnapshot } from "./write.ts";

/** A snapshot is rewritten after this many rows, and at every idle. */
const SNAPSHOT_EVERY = 64;
/** Raised whenever `reduce` gives another state for the same rows: older snapshots are then replayed instead of read. */
const STATE_VERSION = 6;

/** Another instance has taken the session over, or this one lost count: its loop ends and nothing it wanted to write is written. */
export class Fenced extends Error {
  constructor() {
    super("this instance no longer owns the session");
    this.name = "Fenced";
  }
}

/** The build is too old for what is stored. */
export class TooNew extends Error {}

/** What the log itself reads of what a session keeps from its creation. */
export interface Created {
  id?: string;
  budget?: Budget | null;
}

/**
 * The only reader and writer of a session's rows. Contract: `commit` is one synchronous, atomic block and the only way in; memory
 * (`state`, `inbox`, `timers`) changes only after it. Constructing it writes nothing (shared design §3).
 */
export class Log<Init extends Created = Created> {
  readonly sql: Sql;
  readonly #setAlarm: (due: number | null) => void;
  readonly #random: ((bytes: Uint8Array) => Uint8Array) | undefined;
  state: State = initialState();
  inbox: InboxEntry[] = [];
  timers: Timers = {};
  boots: Boots = { inTurn: 0, streak: 0, last: 0 };
  #init: Init | null = null;
  #epoch = 0;
  #claimed = false;
  #lastN = 0;
  #snapSeq = 0;
  #version = 0;

  constructor(sql: Sql, ports: { setAlarm: (due: number | null) => void; random?: (bytes: Uint8Array) => Uint8Array }) {
    this.sql = sql;
    this.#setAlarm = ports.setAlarm;
    this.#random = ports.random;
  }

  get init(): Init | null {
    return this.#init;
  }

  /** The epoch that the next commit is written under. */
  get epoch(): number {
    return this.#claimed ? this.#epoch : this.#epoch + 1;
  }

  /**
   * Reads `meta` and nothing else, and if the session was running commits W0 (epoch and crash counters) before anything is hydrated, so that a
   * boot which dies of what it reads is still counted (reliability.md W0, C32). False: there is no such session, and no table was made.
   */
  open(nowMs: number): boolean {
    if (!hasTables(this.sql)) return false;
    const meta = this.sql.exec("SELECT * FROM meta WHERE k = 1")[0];
    if (!meta) return false;
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
    return true;
  }

  /** Replays the newest snapshot and the rows after it. */
  hydrate(): void {
    const snap = this.sql.exec("SELECT seq, version, state FROM snap WHERE k = 0")[0];
    this.state = (snap?.version === STATE_VERSION ? snapshot(snap) : null) ?? this.#first();
    this.#snapSeq = this.state.seq;
    for (const row of this.#tail(this.state.seq)) this.state = reduce(this.state, row);
    this.inbox = this.sql
      .exec("SELECT n, id, type, body, cred FROM inbox ORDER BY n")
      .map((row) => row as unknown as InboxEntry);
  }

  create(init: Init): void {
    this.sql.transaction(() => {
      createTables(this.sql);
      this.sql.exec(
        "INSERT INTO meta (k, min_reader, epoch, status, last_n, boots_in_turn, boot_streak, last_boot, timers) VALUES (1, ?, 0, 'idle', 0, 0, 0, 0, '{}')",
        SCHEMA_VERSION,
      );
      // A row of its own: `meta` is rewritten with every commit and must stay short.
      this.sql.exec("INSERT INTO init (k, body) VALUES (1, ?)", JSON.stringify(init));
    });
    this.#init = init;
    this.state = this.#first();
  }

  /** An empty batch on top of what is committed. `now` in microseconds. */
  begin(now: number): Batch {
    return new Batch({
      state: this.state,
      inbox: this.inbox,
      lastN: this.#lastN,
      timers: this.timers,
      epoch: this.epoch,
      version: this.#version,
      now,
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
      batch.rows.length > 0 && (batch.state.status !== "running" || batch.state.seq - this.#snapSeq >= SNAPSHOT_EVERY);
    const boots = milestone(batch) ? { ...this.boots, streak: 0 } : this.boots;
    // With the turn its crashes are over too: the next message must not end of them.
    const after = batch.state.turn === null ? { ...boots, inTurn: 0, streak: 0 } : boots;
    this.sql.transaction(() => {
      const held = this.sql.exec("SELECT epoch FROM meta WHERE k = 1")[0];
      if (held?.epoch !== this.#epoch) throw new Fenced();
      writeRows(this.sql, batch);
      if (snapshot) writeSnapshot(this.sql, batch.state, STATE_VERSION);
      writeMeta(this.sql, batch, after);
    });
    this.#epoch = batch.epoch;
    this.#claimed = true;
    this.#version += 1;
    this.#lastN = batch.lastN;
    if (snapshot) this.#snapSeq = batch.state.seq;
    this.state = batch.state;
    this.inbox = batch.inbox;
    this.boots = after;
    if (due(batch.timers) !== due(this.timers)) this.#setAlarm(due(batch.timers));
    this.timers = batch.timers;
    return batch.rows;
  }

  /** After an alarm has fired none is set: sets it again for the next due timer, one that stayed due a little later. */
  rearm(nowMs: number): void {
    const next = due(this.timers);
    if (this.#init) this.#setAlarm(next === null ? null : Math.max(next, nowMs + OVERDUE_MS));
  }

  /** The database is gone: this instance knows of no session any more. */
  forget(): void {
    this.#init = null;
    this.state = initialState();
    this.inbox = [];
    this.timers = {};
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

  #first(): State {
    return initialState(this.#init?.budget ?? null);
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

  #tail(after: number): Row[] {
    // A call's input and an agent can be long, and the state keeps neither.
    const body = `CASE WHEN type IN ('agent.tool_use', 'agent.custom_tool_use', 'session.updated')
      THEN json_remove(body, '$.input', '$.agent') ELSE body END AS body`;
    const columns = `thread, seq, id, type, epoch, ts, n, origin, cred, ${body}, NULL AS content, note, NULL AS wire`;
    const range = (thread: number) =>
      this.sql
        .exec(`SELECT ${columns} FROM events WHERE thread = ? AND seq > ? ORDER BY seq`, thread, after)
        .map(rowFrom);
    return [...range(PRIMARY), ...range(INTERNAL)].sort((a, b) => a.seq - b.seq);
  }
}

/** The state of a snapshot; null for one that cannot be read, which is only a cache lost. */
function snapshot(row: SqlRow): State | null {
  try {
    const state = JSON.parse(row.state as string) as State | null;
    return state?.seq === row.seq ? state : null;
  } catch {
    return null;
  }
}

/** Before an alarm that could not do its work fires again. */
const OVERDUE_MS = 1_000;

/** How long an Idempotency-Key is remembered. */
const POSTS_KEPT_MS = 24 * 3_600_000;

/** A committed response or result: proof of progress, which ends a crash streak. The end of a request that was lost is none (reliability.md B9). */
function milestone(batch: Batch): boolean {
  return batch.rows.some((row) =>
    row.type === "span.model_request_end"
      ? (JSON.parse(row.body) as { is_error: boolean }).is_error === false
      : row.type.endsWith("tool_result"),
  );
}

export function due(timers: Timers): number | null {
  const times = Object.values(timers);
  return times.length > 0 ? Math.min(...times) : null;
}
