/**
 * The outbox: what the world outside the object has to be told, stored in the commit that causes it and kept until it is delivered. One row per kind
 * and key; putting it again joins what waits. `session/outbox.ts` delivers.
 */
import type { Sql } from "./sql.ts";

/** `index`: the session's row in the catalog; `remove`: everything that a deleted session has outside its object. */
const KINDS = ["index", "remove"] as const;
export type OutboxKind = (typeof KINDS)[number];

/** Times in milliseconds since 1970. Never changed, only replaced: whoever delivers one sees by that whether it was put again meanwhile. */
export interface OutboxEntry {
  readonly kind: OutboxKind;
  /** Which of its kind; empty for a kind that a session has one of. */
  readonly key: string;
  readonly payload: string;
  /** When it was first to be delivered. */
  readonly since: number;
  /** When it is tried next. */
  readonly due: number;
  /** That have failed. */
  readonly attempts: number;
}

/** The longest wait between two attempts of any kind: also for one whose clock has gone back meanwhile. */
export const MAX_BACKOFF_MS = 60_000;

/** Of release 0.1 the table is missing: its sessions get it with the first entry. */
export const OUTBOX_TABLE = `CREATE TABLE outbox (
  kind TEXT NOT NULL, key TEXT NOT NULL, payload TEXT NOT NULL, since INTEGER NOT NULL, due INTEGER NOT NULL, attempts INTEGER NOT NULL,
  PRIMARY KEY (kind, key)
) WITHOUT ROWID`;

/** What waits, with one more to be delivered at `due`, sooner if it waits already. One that has failed keeps its back-off. */
export function putEntry(
  entries: readonly OutboxEntry[],
  { kind, key = "", payload = "" }: { kind: OutboxKind; key?: string; payload?: string },
  due: number,
): readonly OutboxEntry[] {
  const held = entries.find((one) => one.kind === kind && one.key === key);
  const attempts = held?.attempts ?? 0;
  const latest = attempts > 0 ? due + MAX_BACKOFF_MS : due;
  const sooner = Math.min(held?.due ?? latest, latest);
  const entry = { kind, key, payload, since: Math.min(held?.since ?? due, due), due: sooner, attempts };
  return [...entries.filter((one) => one !== held), entry];
}

/** Null where no table has been made. Rows of kinds that this build does not know stay where they are. */
export function readOutbox(sql: Sql): readonly OutboxEntry[] | null {
  if (sql.exec("SELECT 1 AS yes FROM sqlite_master WHERE name = 'outbox'").length === 0) return null;
  return sql.exec("SELECT kind, key, payload, since, due, attempts FROM outbox").flatMap((row) => {
    const kind = KINDS.find((one) => one === row.kind);
    const { key, payload, since, due, attempts } = row;
    const entry = { key: String(key), payload: String(payload), since: Number(since), due: Number(due) };
    return kind ? [{ kind, ...entry, attempts: Number(attempts) }] : [];
  });
}

/** Writes what `entries` has and the table does not, and the other way round. `stored`: what the table holds; null: there is none. */
export function writeOutbox(sql: Sql, stored: readonly OutboxEntry[] | null, entries: readonly OutboxEntry[]): void {
  if (stored === entries) return;
  if (stored === null && entries.length > 0) sql.exec(OUTBOX_TABLE);
  for (const old of stored ?? []) {
    if (entries.some((one) => one.kind === old.kind && one.key === old.key)) continue;
    sql.exec("DELETE FROM outbox WHERE kind = ? AND key = ?", old.kind, old.key);
  }
  for (const one of entries) {
    if (stored?.includes(one)) continue;
    const columns = "kind, key, payload, since, due, attempts";
    const values = [one.kind, one.key, one.payload, one.since, one.due, one.attempts];
    sql.exec(`INSERT OR REPLACE INTO outbox (${columns}) VALUES (?, ?, ?, ?, ?, ?)`, ...values);
  }
}

/** Release 0.1 kept the two kinds among its timers: takes them out, as entries. */
export function takenFromTimers(timers: Partial<Record<string, number>>): OutboxEntry[] {
  return KINDS.flatMap((kind) => {
    const due = timers[kind];
    delete timers[kind];
    return due === undefined ? [] : [{ kind, key: "", payload: "", since: due, due, attempts: 0 }];
  });
}
