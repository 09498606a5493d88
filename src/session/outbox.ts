import { usageSnapshot } from "../brain/spent.ts";
import { dropContents } from "../catalog/contents.ts";
import { dropSession, indexSession } from "../catalog/sessions.ts";
import type { Env } from "../env.ts";
import type { Hand } from "../hands/hand.ts";
import type { Log } from "../log/log.ts";
import type { SessionAgent } from "../protocol/agents.ts";
import type { SessionUsage } from "../protocol/sessions.ts";
import type { SessionInit } from "./rpc.ts";
import { metadataOf, titleOf } from "./view.ts";

/** How long the catalog is waited for: no other alarm fires meanwhile, so no retry and no watchdog. An answer that comes later does no harm. */
const INDEX_WAIT_MS = 10_000;

/**
 * Brings the catalog's row of the session up to date; the last push wins, whatever order they arrive in. `overtaken`: something was committed
 * while the catalog answered, so it has to be told again.
 */
export async function pushIndex(
  db: D1Database,
  init: SessionInit,
  log: Log<SessionInit>,
  agentAt: (place: number) => SessionAgent,
): Promise<"done" | "failed" | "overtaken"> {
  const { state } = log;
  const usage = usageSnapshot(state, Date.now() * 1000) as SessionUsage;
  const push = {
    id: init.id,
    workspace: init.workspace,
    status: state.status,
    title: titleOf(init, state),
    metadata: metadataOf(init, state),
    budget: state.budget,
    agent: state.agents.newest === 0 ? null : agentAt(state.agents.newest),
    usage,
    archivedAt: state.archivedAt,
    updatedAt: state.ts,
    ordinal: state.seq,
  };
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error("no answer")), INDEX_WAIT_MS);
  try {
    await Promise.race([indexSession(db, push), late.promise]);
  } catch {
    return "failed";
  } finally {
    clearTimeout(timer);
  }
  return log.state.seq === state.seq ? "done" : "overtaken";
}

/** Everything of a deleted session that lives outside its object: the machine, the large contents, the catalog's row. Each step may run twice. */
export async function removeAll(parts: {
  env: Pick<Env, "BLOBS" | "DB">;
  hand: Pick<Hand, "remove">;
  id: string;
}): Promise<void> {
  const { BLOBS, DB } = parts.env;
  await parts.hand.remove();
  await dropContents(BLOBS, parts.id);
  await dropSession(DB, parts.id);
}
