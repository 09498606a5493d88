/** The operator's eye on a turn: while it runs, whether it may go on. */
import { UNITS_PER_CENT } from "../brain/money/prices.ts";
import { cachedStanding, fetchStanding, isBeingFetched } from "../catalog/admission.ts";
import { dollars, EVERYONE, endOf, type Standing, type Verdict, verdictOn } from "../catalog/standing.ts";
import { dayOf } from "../log/days.ts";

/** How often a running turn looks, and how old an answer it takes. */
export const OPERATOR_CHECK_MS = 1_000;
/** What runs since so short a time was let in by a request, whose Worker asks the catalog itself: the first look is LOOK_MS away. */
const ADMITTED_MS = 1_000;

/** Why a turn ends: the `session.error` that says so (spec/core.md §4.8). */
export interface Halt {
  error: "unknown_error" | "billing_error";
  message: string;
}

/** What the watch needs from outside. */
export interface Operator {
  /** Null: the turn may go on. `cred`: the credential whose message began the turn, to be judged too. Rejects when the catalog does not answer. */
  ask(cred: string | null): Promise<Halt | null>;
  /**
   * Tells the catalog what the turn has come to; the answer to a question right after it comes along. Rejects when the session's own log cannot be
   * read.
   */
  tell(): Promise<void>;
  /** Calls `look` every LOOK_MS until the function that it returns is called. */
  repeat(look: () => void): () => void;
}

/** Asks the catalog, at most once in LOOK_MS for all sessions of an isolate. */
export function operatorOf(db: D1Database, workspace: string, tell: () => Promise<void>): Operator {
  return {
    async ask(cred) {
      const standing = recent(db, workspace) ?? (await fetchStanding(db, workspace));
      if (cred !== null && standing.revoked.has(cred)) return revoked(cred);
      const verdict = verdictOn(standing, dayOf(Date.now() * 1000), UNITS_PER_CENT);
      return verdict && haltFor(verdict);
    },
    tell,
    repeat(look) {
      const timer = setInterval(look, OPERATOR_CHECK_MS);
      return () => clearInterval(timer);
    },
  };
}

/** An answer not older than LOOK_MS, or twice that while a newer one is on its way. */
function recent(db: D1Database, workspace: string): Standing | null {
  const heard = cachedStanding(db, workspace);
  const longest = isBeingFetched(db, workspace) ? 2 * OPERATOR_CHECK_MS : OPERATOR_CHECK_MS;
  return heard && heard.ageMs < longest ? heard.standing : null;
}

/**
 * A turn begins at once and is judged beside: no model request waits for the catalog. What a request let in on old knowledge
 * (services/admission.ts) ends here, within LOOK_MS and the catalog's own time.
 */
export class OperatorWatch {
  readonly #operator: Operator;
  readonly #halt: (halt: Halt) => void;
  readonly #failed: (error: unknown) => void;
  #admittedAt = Number.NEGATIVE_INFINITY;
  /** Whose message began the turn, until an answer has judged it: a key that is revoked later stops nothing that runs. */
  #cred: string | null = null;
  #asking = false;
  /** What failed the last time: its next failure is no news. */
  readonly #failing = new Set<"tell" | "ask">();

  /**
   * `halt` ends the turn; it may be called when none runs. `failed` hears of a telling or a question that failed, once until it has gone well
   * again: the turn goes on meanwhile.
   */
  constructor(operator: Operator, parts: { halt: (halt: Halt) => void; failed: (error: unknown) => void }) {
    this.#operator = operator;
    this.#halt = parts.halt;
    this.#failed = parts.failed;
  }

  /** What runs now was let in by a request; `began` names its credential if it was idle before. */
  admitted(began: string | null): void {
    this.#admittedAt = Date.now();
    if (began !== null) this.#cred = began;
  }

  /** Looks again and again until the function that it returns is called; at once where no request has just let the session run, as after a restart. */
  watch(): () => void {
    if (Date.now() - this.#admittedAt >= ADMITTED_MS) void this.#check(false);
    return this.#operator.repeat(() => void this.#check(true));
  }

  async #check(tells: boolean): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    if (tells) await this.#attempt("tell", () => this.#operator.tell());
    await this.#attempt("ask", () => this.#ask());
    this.#asking = false;
  }

  async #ask(): Promise<void> {
    const cred = this.#cred;
    const halt = await this.#operator.ask(cred);
    if (this.#cred === cred) this.#cred = null;
    if (halt) this.#halt(halt);
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

function revoked(cred: string): Halt {
  const message = `The operator has revoked the API key ${cred}, which sent the last message. What was sent is kept; send a message with another key to go on.`;
  return { error: "unknown_error", message };
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
