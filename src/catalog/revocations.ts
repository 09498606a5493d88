/**
 * Whether keys that hold streams open have been revoked. One question to D1 per ASK_MS and isolate serves them all, however many streams, keys and
 * workspaces there are. Nothing but a cache: each stream has a timer of its own, since the platform lets no request use another's input or output,
 * and whichever finds the last question old enough asks the next one; the others read the answer from memory.
 */
import { outageLine } from "../log/outage.ts";
import { inTime } from "./intime.ts";

/** How often D1 is asked, whether or not the question before has been answered: its asker may be gone. Milliseconds. */
export const ASK_MS = 2_000;
/** How often a stream looks. A revocation ends it within ASK_MS and two looks, and D1's own time: sooner than the five seconds that README promises. */
export const REVOCATION_CHECK_MS = 1_000;
/** An answer that has not come by then is a failure. */
const WAIT_MS = 3_000;

/** A credential as `API_KEYS` names it. */
export interface KeyName {
  workspace: string;
  cred: string;
}

const watches = new WeakMap<D1Database, KeyWatch>();

/**
 * Calls `revoked` once, soon after the operator has revoked the key; while D1 does not answer, what it said last goes on to count. The function that
 * it returns ends the watch.
 */
export function watchKey(db: D1Database, key: KeyName, revoked: () => void): () => void {
  const watch = watches.get(db) ?? new KeyWatch(db);
  watches.set(db, watch);
  const leave = watch.enter(key);
  const look = () => {
    if (!watch.isRevoked(key)) return;
    stop();
    revoked();
  };
  const timer = setInterval(() => {
    look();
    void watch.refresh().then(look);
  }, REVOCATION_CHECK_MS);
  const stop = () => {
    clearInterval(timer);
    leave();
  };
  return stop;
}

class KeyWatch {
  readonly #db: D1Database;
  /** The keys that are watched, as `[workspace, cred]` in JSON, and by how many streams. */
  readonly #streams = new Map<string, number>();
  #revoked: ReadonlySet<string> = new Set();
  #askedAt = Number.NEGATIVE_INFINITY;

  constructor(db: D1Database) {
    this.#db = db;
  }

  /** Counts one more stream of the key, until the function that it returns is first called. */
  enter({ workspace, cred }: KeyName): () => void {
    const key = JSON.stringify([workspace, cred]);
    const count = (by: number) => this.#streams.set(key, (this.#streams.get(key) ?? 0) + by);
    count(1);
    let here = true;
    return () => {
      if (here && count(-1).get(key) === 0) this.#streams.delete(key);
      here = false;
    };
  }

  isRevoked({ workspace, cred }: KeyName): boolean {
    return this.#revoked.has(JSON.stringify([workspace, cred]));
  }

  /** Asks D1 if it is time to. Never rejects. */
  async refresh(): Promise<void> {
    const now = Date.now();
    if (now - this.#askedAt < ASK_MS) return;
    this.#askedAt = now;
    try {
      const { results } = await inTime(this.#question().all<KeyName>(), WAIT_MS);
      this.#revoked = new Set(results.map(({ workspace, cred }) => JSON.stringify([workspace, cred])));
    } catch (error) {
      const line = outageLine("standing", error);
      if (line) console.error(line);
    }
  }

  #question(): D1PreparedStatement {
    return this.#db
      .prepare(
        `SELECT workspace, cred FROM revoked_keys
          WHERE (workspace, cred) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?1))`,
      )
      .bind(`[${[...this.#streams.keys()].join(",")}]`);
  }
}
