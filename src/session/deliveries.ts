/** What a session's outbox delivers: its row in the catalog, and the removal of what it had outside its object. */

import { usageSnapshot } from "../brain/money/budget.ts";
import { runtimeCost, UNITS_PER_CENT } from "../brain/money/prices.ts";
import { rememberStanding } from "../catalog/admission.ts";
import { dropContents } from "../catalog/contents.ts";
import { dropSession, indexSession } from "../catalog/sessions.ts";
import { addSpend, type DaySpend, PARTS_KEPT_DAYS, spendStatements } from "../catalog/spend.ts";
import { standingFrom, standingStatement } from "../catalog/standing.ts";
import type { Env } from "../env.ts";
import type { Hand } from "../hands/hand.ts";
import { dayOf, ran } from "../log/days.ts";
import type { Log } from "../log/log.ts";
import { outageLine } from "../log/outage.ts";
import { Corrupted } from "../log/rows.ts";
import { primaryThread, type SessionState, sessionStatus } from "../log/state.ts";
import type { SessionAgent } from "../protocol/agents.ts";
import type { Delivery } from "./outbox.ts";
import { report } from "./report.ts";
import type { SessionInit } from "./rpc.ts";
import { metadataOf, titleOf } from "./view.ts";

/**
 * A running session tells the catalog what it has come to this often, beside the beginning and the end of each turn. D1 has one writer, and a push
 * takes about a millisecond of it: a thousand running sessions are 67 pushes a second (test/bench/catalog.ts), where one a second each would be a
 * thousand.
 */
export const PUSH_EVERY_MS = 15_000;
/** What a session has spent untold is told at once when it is this part of its workspace's limit: of one limit that is a hundred pushes at most. */
const UNTOLD_PART = 1 / 100;
/** How long the catalog is waited for. An answer that comes later does no harm. */
const INDEX_LIMIT_MS = 10_000;
const INDEX_BACKOFF_MS = 5_000;
/** How long a removal may take: the machine, the contents by the thousand, the row. What is done stays done when it is tried again. */
const REMOVE_LIMIT_MS = 60_000;
const REMOVE_BACKOFF_MS = 60_000;

/** The catalog's row of a session, kept up to date by the session. */
export class CatalogRow {
  readonly #db: D1Database;
  readonly #init: SessionInit;
  readonly #log: Log<SessionInit>;
  readonly #agentAt: (place: number) => SessionAgent;
  /** What the catalog knows of this session's cost of a day, and the limit of the workspace; as the last push heard it. */
  #told: { day: number; units: number; cents: number | null } | null = null;

  constructor(db: D1Database, init: SessionInit, log: Log<SessionInit>, agentAt: (place: number) => SessionAgent) {
    this.#db = db;
    this.#init = init;
    this.#log = log;
    this.#agentAt = agentAt;
  }

  /**
   * Brings the row up to date; the last push wins, whatever order they arrive in. In the same transaction the workspace's spending grows by the
   * session's, and the catalog says where the workspace stands: a turn under way learns of it without a question of its own. Rejects when the
   * catalog does not take it.
   */
  async push(): Promise<void> {
    const { state } = this.#log;
    const init = this.#init;
    const at = Date.now();
    const day = dayOf(at * 1000);
    const spend = spendOf(state, at * 1000);
    const push = {
      id: init.id,
      workspace: init.workspace,
      status: sessionStatus(state),
      title: titleOf(init, state),
      metadata: metadataOf(init, state),
      budget: state.budget,
      agent: changedAgent(state, this.#agentAt),
      usage: usageSnapshot(state, at * 1000),
      archivedAt: state.archivedAt,
      updatedAt: state.ts,
      ordinal: state.seq,
    };
    const told = spendStatements(this.#db, init.workspace, init.id, spend);
    const asked = standingStatement(this.#db, init.workspace, day);
    const answers = await indexSession(this.#db, push, [...told, asked]);
    const standing = standingFrom(answers.at(-1)?.results[0], day);
    if (!standing) return;
    rememberStanding(this.#db, init.workspace, standing, at);
    this.#told = { day, units: unitsOf(spend, day), cents: standing.limits.cents };
  }

  /** Tells the catalog ahead of time what weighs on the workspace's limit of the day. Fails without a word: the outbox tells again. */
  async pushSpending(): Promise<void> {
    const { day, units, cents } = this.#told ?? { day: 0, units: 0, cents: null };
    if (cents === null) return;
    const now = Date.now() * 1000;
    const untold = unitsOf(spendOf(this.#log.state, now), dayOf(now)) - (day === dayOf(now) ? units : 0);
    if (untold >= cents * UNITS_PER_CENT * UNTOLD_PART) await this.push().catch(() => {});
  }
}

/** Due again while the session runs; what changes when it does not puts it into the outbox anew. */
export function indexDelivery(log: Log<SessionInit>, row: () => CatalogRow): Delivery {
  return {
    limitMs: INDEX_LIMIT_MS,
    backoffMs: INDEX_BACKOFF_MS,
    deliver: async () => {
      await row().push();
      return sessionStatus(log.state) === "running" ? Date.now() + PUSH_EVERY_MS : null;
    },
    failed(error) {
      const line = outageLine("catalog", error, { session: log.init?.id ?? "" });
      if (line) console.error(line);
    },
  };
}

/** `forget` deletes the object's own storage, last of all. */
export function removeDelivery(
  log: Log<SessionInit>,
  parts: { env: Pick<Env, "BLOBS" | "DB">; hand: () => Pick<Hand, "remove">; forget: () => Promise<void> },
): Delivery {
  return {
    limitMs: REMOVE_LIMIT_MS,
    backoffMs: REMOVE_BACKOFF_MS,
    deliver: async () => {
      const { init, state } = log;
      if (init === null) return null;
      await parts.hand().remove();
      await dropContents(parts.env.BLOBS, init.id);
      // What it spent stays spent.
      await addSpend(parts.env.DB, init.workspace, init.id, spendOf(state, Date.now() * 1000));
      await dropSession(parts.env.DB, init.id);
      if (log.init !== null) await parts.forget();
      return null;
    },
    failed: (error) => report(log.init?.id ?? "", error),
  };
}

/** The agent that updates have made, for the catalog; one that cannot be read leaves there what is there, and the rest is told all the same. */
function changedAgent(state: SessionState, agentAt: (place: number) => SessionAgent): SessionAgent | null {
  const { agents } = primaryThread(state);
  if (agents.newest === 0) return null;
  try {
    return agentAt(agents.newest);
  } catch (error) {
    if (error instanceof Corrupted) return null;
    throw error;
  }
}

/** What the days cost that the catalog still keeps the session's part of, runtime included, up to `now` in microseconds. */
export function spendOf(state: SessionState, now: number): DaySpend[] {
  const since = state.runningSince;
  const days = since === null ? state.days : ran(state.days, since, Math.max(since, now));
  return days
    .filter(({ day }) => day > dayOf(now) - PARTS_KEPT_DAYS)
    .map(({ day, cost, activeMicros }) => ({ day, units: cost + runtimeCost(Math.floor(activeMicros / 1000)) }));
}

function unitsOf(spend: readonly DaySpend[], day: number): number {
  return spend.find((one) => one.day === day)?.units ?? 0;
}
