/** The cap on sessions that run at once. Far below it nothing is asked; at it D1 is, since a session's row is behind by up to a second. */
import { ask } from "../catalog/standings.ts";
import type { WireError } from "../protocol/errors.ts";
import type { AppContext } from "./context.ts";
import { standingOf } from "./standing.ts";

/** What a request lets run counts for this long even if D1 does not say so yet: the second after which a session tells D1, and a half. */
const COUNTS_MS = 1_500;
/** Seconds after which a refused request may be sent again. */
const RETRY_AFTER_S = 2;

/** By workspace: sessions that this isolate has let run, and until when they count (milliseconds since 1970). */
const letRun = new Map<string, Map<string, number>>();

/**
 * The refusal for a request that would make the session run, if the workspace's cap is reached; null lets it run and counts it. Only the session
 * knows whether it would begin to run: one that runs already takes its events whatever the cap says.
 */
export async function fullFor(c: AppContext, sessionId: string): Promise<WireError | null> {
  const { workspace } = c.var;
  const known = await standingOf(c);
  const cap = known.limits.running;
  if (cap === null) return null;
  const others = counted(workspace).filter((id) => id !== sessionId);
  const reached = known.running + others.length >= cap && (await runningNow(c, others, sessionId)) >= cap;
  if (reached) return full(workspace, cap);
  const own = letRun.get(workspace) ?? new Map<string, number>();
  letRun.set(workspace, own.set(sessionId, Date.now() + COUNTS_MS));
  return null;
}

/** Sessions of the workspace other than this one: those that D1 knows to run, and those that were let run since. */
async function runningNow(c: AppContext, others: string[], sessionId: string): Promise<number> {
  const { running } = await ask(c.env.DB, c.var.workspace, [...others, sessionId]);
  return running + counted(c.var.workspace).filter((id) => id !== sessionId).length;
}

function counted(workspace: string): string[] {
  const own = letRun.get(workspace);
  if (!own) return [];
  for (const [id, until] of own) if (until < Date.now()) own.delete(id);
  return [...own.keys()];
}

function full(workspace: string, cap: number): WireError {
  const message =
    `the workspace ${workspace} may run ${cap} sessions at once and that many run; ` +
    "try again when one of them is idle, or ask the operator of this deployment to raise the limit";
  return { status: 429, type: "rate_limit_error", message, retryAfter: RETRY_AFTER_S };
}
