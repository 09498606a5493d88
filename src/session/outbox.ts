import { usageSnapshot } from "../brain/money/budget.ts";
import { runtimeCost } from "../brain/money/prices.ts";
import { dropContents } from "../catalog/contents.ts";
import { inTime } from "../catalog/intime.ts";
import { dropSession, indexSession } from "../catalog/sessions.ts";
import { type DaySpend, PARTS_KEPT_DAYS, spendStatements } from "../catalog/spend.ts";
import { standingFrom, standingStatement } from "../catalog/standing.ts";
import { remember } from "../catalog/standings.ts";
import type { Env } from "../env.ts";
import type { Hand } from "../hands/hand.ts";
import { dayOf, ran } from "../log/days.ts";
import type { Log } from "../log/log.ts";
import { outageLine } from "../log/outage.ts";
import { Corrupted } from "../log/rows.ts";
import { primaryThread, type SessionState, sessionStatus } from "../log/state.ts";
import type { SessionAgent } from "../protocol/agents.ts";
import type { SessionInit } from "./rpc.ts";
import { metadataOf, titleOf } from "./view.ts";

/** How long the catalog is waited for: no other alarm fires meanwhile, so no retry and no watchdog. An answer that comes later does no harm. */
const INDEX_WAIT_MS = 10_000;

/**
 * Brings the catalog's row of the session up to date; the last push wins, whatever order they arrive in. `overtaken`: something was committed
 * while the catalog answered, so it has to be told again. In the same transaction the workspace's spending grows by the session's, and the
 * catalog says where the workspace stands: a turn under way learns of it without a question of its own. Never throws for what the catalog does.
 */
export async function pushIndex(
  db: D1Database,
  init: SessionInit,
  log: Log<SessionInit>,
  agentAt: (place: number) => SessionAgent,
): Promise<"done" | "failed" | "overtaken"> {
  const { state } = log;
  const at = Date.now();
  const usage = usageSnapshot(state, at * 1000);
  const push = {
    id: init.id,
    workspace: init.workspace,
    status: sessionStatus(state),
    title: titleOf(init, state),
    metadata: metadataOf(init, state),
    budget: state.budget,
    agent: changedAgent(state, agentAt),
    usage,
    archivedAt: state.archivedAt,
    updatedAt: state.ts,
    ordinal: state.seq,
  };
  try {
    const told = spendStatements(db, init.workspace, init.id, spendOf(state, at * 1000));
    const asked = standingStatement(db, init.workspace, dayOf(at * 1000));
    const answers = await inTime(indexSession(db, push, [...told, asked]), INDEX_WAIT_MS);
    const standing = standingFrom(answers.at(-1)?.results[0], dayOf(at * 1000));
    if (standing) remember(db, init.workspace, standing, at);
  } catch (error) {
    const line = outageLine("catalog", error, { session: init.id });
    if (line) console.error(line);
    return "failed";
  }
  return log.state.seq === state.seq ? "done" : "overtaken";
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

/** Everything of a deleted session that lives outside its object: the machine, the large contents, the catalog's row. Each step may run twice. */
export async function removeAll(parts: {
  env: Pick<Env, "BLOBS" | "DB">;
  hand: Pick<Hand, "remove">;
  init: SessionInit;
  state: SessionState;
}): Promise<void> {
  const { BLOBS, DB } = parts.env;
  const { id, workspace } = parts.init;
  await parts.hand.remove();
  await dropContents(BLOBS, id);
  // What it spent stays spent.
  const told = spendStatements(DB, workspace, id, spendOf(parts.state, Date.now() * 1000));
  if (told.length > 0) await DB.batch(told);
  await dropSession(DB, id);
}
