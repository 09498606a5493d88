/** Delivers what the log's outbox holds (log/outbox.ts): the alarm begins what is due, each kind by its own handler, and waits for none. */
import { inTime } from "../catalog/intime.ts";
import type { Batch } from "../log/batch.ts";
import type { Log } from "../log/log.ts";
import { MAX_BACKOFF_MS, type OutboxEntry, type OutboxKind, putEntry } from "../log/outbox.ts";

/** How one kind is delivered. */
export interface Delivery {
  /** One that takes longer has failed. */
  limitMs: number;
  /** Before it is tried again; doubles with each failure in a row, up to `MAX_BACKOFF_MS`. */
  backoffMs: number;
  /**
   * Tells the world. May be called again while an earlier call still waits, and after one whose success was lost: twice must be the same as once.
   * Answers when it is due again, in milliseconds since 1970, or null; rejects when it has to be tried again.
   */
  deliver(entry: OutboxEntry): Promise<number | null>;
  /** Hears of each failure. */
  failed(error: unknown): void;
}

export class Outbox {
  readonly #log: Pick<Log, "init" | "outbox" | "begin" | "commit">;
  readonly #deliveries: Record<OutboxKind, Delivery>;
  readonly #keep: (work: Promise<unknown>) => void;
  /** By kind and key, what has set out and not arrived. */
  readonly #underway = new Map<string, Promise<void>>();

  /** `keep` keeps the object alive while something is under way. */
  constructor(parts: {
    log: Pick<Log, "init" | "outbox" | "begin" | "commit">;
    deliveries: Record<OutboxKind, Delivery>;
    keep: (work: Promise<unknown>) => void;
  }) {
    this.#log = parts.log;
    this.#deliveries = parts.deliveries;
    this.#keep = parts.keep;
  }

  /**
   * What is due, taken for delivery: in the batch its next attempt is set already, so that an instance which dies of it has not forgotten it. To be
   * delivered when the batch is committed.
   */
  claim(b: Batch, nowMs: number): OutboxEntry[] {
    const claimed: OutboxEntry[] = [];
    b.outbox = b.outbox.map((entry) => {
      if (entry.due > nowMs || this.#underway.has(idOf(entry))) return entry;
      const own = { ...entry, due: nowMs + this.#deliveries[entry.kind].limitMs };
      claimed.push(own);
      return own;
    });
    return claimed;
  }

  /** Delivers what was claimed and notes how that went. Rejects when it failed; then the alarm tries again. */
  deliver(entry: OutboxEntry): Promise<void> {
    const work = this.#attempt(entry).finally(() => this.#underway.delete(idOf(entry)));
    this.#underway.set(idOf(entry), work);
    this.#keep(work.catch(() => {}));
    return work;
  }

  /** Delivers what waits of this kind now, with all that was put until now; what does not wait is put first if `always`. Rejects like `deliver`. */
  async flush(kind: OutboxKind, always = false): Promise<void> {
    for (let last = this.#one(kind); last; last = this.#one(kind)) await last.catch(() => {});
    if (this.#log.init === null) return;
    const now = Date.now();
    const b = this.#log.begin(now * 1000);
    if (!b.outbox.some((entry) => entry.kind === kind) && !always) return;
    b.outbox = putEntry(b.outbox, { kind }, now).map((entry) => (entry.kind === kind ? { ...entry, due: now } : entry));
    const claimed = this.claim(b, now);
    this.#log.commit(b);
    await Promise.all(claimed.map((entry) => this.deliver(entry)));
  }

  #one(kind: OutboxKind): Promise<void> | undefined {
    return this.#underway.get(idOf({ kind, key: "" }));
  }

  async #attempt(entry: OutboxEntry): Promise<void> {
    const { limitMs, backoffMs, deliver, failed } = this.#deliveries[entry.kind];
    let next: number | null;
    try {
      next = await inTime(deliver(entry), limitMs);
    } catch (error) {
      failed(error);
      const wait = Math.min(backoffMs * 2 ** entry.attempts, MAX_BACKOFF_MS);
      this.#note(entry, entry.attempts + 1, Date.now() + wait);
      throw error;
    }
    this.#note(entry, 0, next);
  }

  /**
   * `next`: when the entry is due again; null: it is delivered. What was put again meanwhile keeps its own time, after a failure not before the
   * back-off is over.
   */
  #note(entry: OutboxEntry, attempts: number, next: number | null): void {
    // A removal leaves nothing to write into.
    if (this.#log.init === null) return;
    const b = this.#log.begin(Date.now() * 1000);
    b.outbox = b.outbox.flatMap((held) => {
      if (idOf(held) !== idOf(entry)) return [held];
      if (held !== entry) return [{ ...held, attempts, due: Math.max(held.due, attempts > 0 ? (next ?? 0) : 0) }];
      return next === null ? [] : [{ ...entry, attempts, due: next, since: attempts > 0 ? entry.since : next }];
    });
    this.#log.commit(b);
  }
}

function idOf({ kind, key }: Pick<OutboxEntry, "kind" | "key">): string {
  return `${kind}/${key}`;
}
