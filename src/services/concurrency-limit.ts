/** The cap on sessions that run at once. Below it nothing is asked; at it D1 may be, since a session's row is behind by up to a second. */
import { fetchStanding } from "../catalog/admission.ts";
import type { WireError } from "../protocol/errors.ts";
import { knownStanding } from "./admission.ts";
import type { Caller, Platform } from "./platform.ts";

/** What a request lets run counts for this long even if D1 does not say so yet: the second after which a session tells D1, and a half. */
const COUNTS_MS = 1_500;
/** Seconds after which a refused request may be sent again. */
const RETRY_AFTER_S = 2;

/** By workspace: sessions that this isolate has let run, and until when they count (milliseconds since 1970). */
const letRun = new Map<string, Map<string, number>>();

type Asker = Pick<Platform, "db" | "later" | "now">;

/**
 * The refusal for a request that would make the session run, if the workspace's cap is reached by what is known; null lets it run and counts it.
 * Only the session knows whether it would begin to run: one that runs already takes its events whatever the cap says. Never waits.
 */
export function knownLimit(platform: Asker, caller: Caller, sessionId: string): WireError | null {
  const { workspace } = caller;
  const heard = knownStanding(platform, caller);
  const cap = heard?.standing.limits.running ?? null;
  if (heard === null || cap === null) return null;
  return admit(workspace, sessionId, cap, heard.standing.running);
}

/** The same by what D1 says now, where the cap is reached by what is known: that may be behind. While D1 does not answer, what is known counts. */
export async function concurrencyLimit(platform: Asker, caller: Caller, sessionId: string): Promise<WireError | null> {
  const known = knownLimit(platform, caller, sessionId);
  if (known === null) return null;
  const { workspace } = caller;
  try {
    const { running, limits } = await fetchStanding(platform.db, workspace, [
      ...others(workspace, sessionId),
      sessionId,
    ]);
    return limits.running === null ? null : admit(workspace, sessionId, limits.running, running);
  } catch {
    return known;
  }
}

/** `running`: sessions that the catalog knows to run; what this isolate has let run since comes on top. */
function admit(workspace: string, sessionId: string, cap: number, running: number): WireError | null {
  if (running + others(workspace, sessionId).length >= cap) return full(workspace, cap);
  const own = letRun.get(workspace) ?? new Map<string, number>();
  letRun.set(workspace, own.set(sessionId, Date.now() + COUNTS_MS));
  return null;
}

function others(workspace: string, sessionId: string): string[] {
  const own = letRun.get(workspace);
  if (!own) return [];
  for (const [id, until] of own) if (until < Date.now()) own.delete(id);
  return [...own.keys()].filter((id) => id !== sessionId);
}

function full(workspace: string, cap: number): WireError {
  const message =
    `the workspace ${workspace} may run ${cap} sessions at once and that many run; ` +
    "try again when one of them is idle, or ask the operator of this deployment to raise the limit";
  return { status: 429, type: "rate_limit_error", message, retryAfter: RETRY_AFTER_S };
}
