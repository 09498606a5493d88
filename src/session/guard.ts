/** The operator's eye on a turn: whether it may begin, and, while it runs, whether it may go on. */
import { UNITS_PER_CENT } from "../brain/money/prices.ts";
import { dollars, EVERYONE, endOf, type Verdict, verdictOn } from "../catalog/standing.ts";
import { ask, held } from "../catalog/standings.ts";
import { dayOf } from "../log/days.ts";

/** How often a running turn looks, and how old an answer it takes. */
export const LOOK_MS = 1_000;
/** A request was let in by the Worker, which asked less than `STALE_MS` (api/standing.ts) before: the turn that it begins need not wait. */
const ADMITTED_MS = 1_000;

/** Why a turn ends: the `session.error` that says so (spec/core.md §4.8). */
export interface Halt {
  error: "unknown_error" | "billing_error";
  message: string;
}

/** What the guard needs from outside. */
export interface Overseer {
  /** Null: the turn may go on. Rejects when the catalog does not answer. */
  ask(): Promise<Halt | null>;
  /**
   * Tells the catalog what the turn has come to; the answer to a question right after it comes along. Rejects when the session's own log cannot be
   * read.
   */
  tell(): Promise<void>;
  /** Calls `look` every LOOK_MS until the function that it returns is called. */
  repeat(look: () => void): () => void;
}

/** Asks the catalog, at most once in LOOK_MS for all sessions of an isolate. */
export function overseerOf(db: D1Database, workspace: string, tell: () => Promise<void>): Overseer {
  return {
    async ask() {
      const standing = held(db, workspace, LOOK_MS, 2 * LOOK_MS) ?? (await ask(db, workspace));
      const verdict = verdictOn(standing, dayOf(Date.now() * 1000), UNITS_PER_CENT);
      return verdict && haltFor(verdict);
    },
    tell,
    repeat(look) {
      const timer = setInterval(look, LOOK_MS);
      return () => clearInterval(timer);
    },
  };
}

export class Guard {
  readonly #overseer: Overseer;
  readonly #halt: (halt: Halt) => void;
  readonly #failed: (error: unknown) => void;
  #admittedAt = Number.NEGATIVE_INFINITY;
  #asking = false;
  /** What failed the last time: its next failure is no news. */
  readonly #failing = new Set<"tell" | "ask">();

  /**
   * `halt` ends the turn; it may be called when none runs. `failed` hears of a telling or a question that failed, once until it has gone well
   * again: the turn goes on meanwhile.
   */
  constructor(overseer: Overseer, parts: { halt: (halt: Halt) => void; failed: (error: unknown) => void }) {
    this.#overseer = overseer;
    this.#halt = parts.halt;
    this.#failed = parts.failed;
  }

  /** What runs now was let in by a request. */
  admitted(): void {
    this.#admittedAt = Date.now();
  }

  /** Before the first effect. Waits for the catalog only where no request has just let the session run: after a restart, a pause, an update. */
  async pass(): Promise<void> {
    if (Date.now() - this.#admittedAt >= ADMITTED_MS) await this.#look();
  }

  /** Looks again and again until the function that it returns is called. */
  watch(): () => void {
    return this.#overseer.repeat(() => void this.#tellAndLook());
  }

  async #tellAndLook(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    await this.#attempt("tell", () => this.#overseer.tell());
    await this.#look();
    this.#asking = false;
  }

  #look(): Promise<void> {
    return this.#attempt("ask", async () => {
      const halt = await this.#overseer.ask();
      if (halt) this.#halt(halt);
    });
  }

  async #attempt(what: "tell" | "ask", work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.#failing.delete(what);
    } catch (error) {
      if (!this.#failing.has(what)) this.#failed(error);
      this.#failing.add(what);
    }
  }
}

function haltFor(verdict: Verdict): Halt {
  if (verdict.kind === "stopped") {
    const who = verdict.stop.workspace === EVERYONE ? "every workspace" : "this workspace";
    const message = `The operator stopped ${who}: ${verdict.stop.reason}. What was sent is kept; send a message to go on once it is started again.`;
    return { error: "unknown_error", message };
  }
  const message =
    `The workspace has spent its limit of ${dollars(verdict.cents)} of list cost for this day (UTC). What was sent is kept; ` +
    `send a message to go on at ${endOf(verdict.day)}, or once the operator has raised the limit.`;
  return { error: "billing_error", message };
}
