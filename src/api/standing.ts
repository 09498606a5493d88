/** Where the caller's workspace stands with the operator: asked before anything is begun, answered from this isolate's memory once it is warm. */
import { UNITS_PER_CENT } from "../brain/money/prices.ts";
import { dollars, EVERYONE, endOf, type Standing, type Verdict, verdictOn } from "../catalog/standing.ts";
import { ask, held, lastHeard, remember } from "../catalog/standings.ts";
import { dayOf } from "../log/days.ts";
import { outageLine } from "../log/outage.ts";
import { ApiError, type WireError } from "../protocol/errors.ts";
import { type AppContext, nowMicros } from "./context.ts";

/** An answer this old is asked again beside the request that finds it. */
const FRESH_MS = 2_000;
/** An answer this old is not used any more: the request waits for a new one. */
const STALE_MS = 4_000;
/** Within this time of an operator's change every isolate of the Worker knows of it, while D1 answers: STALE_MS and the question's own way. */
export const KNOWN_WITHIN_MS = 5_000;

/** Never waits for D1 in an isolate that has been asked about the workspace in the last STALE_MS. */
export async function standingOf(c: AppContext): Promise<Standing> {
  const { workspace } = c.var;
  const { DB } = c.env;
  const fresh = held(DB, workspace, FRESH_MS, STALE_MS);
  if (fresh) return fresh;
  const asked = askOrKeep(DB, workspace);
  const stale = held(DB, workspace, STALE_MS, STALE_MS);
  if (!stale) return asked;
  c.executionCtx.waitUntil(asked);
  return stale;
}

/** While the catalog does not answer, what it said last goes on to count; an isolate that has never heard of the workspace refuses (a 500). */
async function askOrKeep(db: D1Database, workspace: string): Promise<Standing> {
  try {
    return await ask(db, workspace);
  } catch (error) {
    const last = lastHeard(db, workspace);
    if (!last) throw error;
    const line = outageLine("standing", error, { workspace });
    if (line) console.error(line);
    remember(db, workspace, last, Date.now());
    return last;
  }
}

/** 401 for a credential that the operator has revoked. */
export async function refuseRevoked(c: AppContext): Promise<void> {
  if ((await standingOf(c)).revoked.has(c.var.cred)) throw revoked();
}

/** The answer to a revoked key, at the door and in an open stream. */
export function revoked(): ApiError {
  const message = "the operator has revoked this API key; ask whoever runs this deployment for another one";
  return new ApiError({ status: 401, type: "authentication_error", message, noRetry: true });
}

/** Refuses what would begin or go on with a turn, while the workspace is stopped or has spent its day's money. */
export async function mustMayRun(c: AppContext): Promise<void> {
  const verdict = await verdictFor(c);
  if (verdict?.kind === "stopped") throw new ApiError(stopped(c.var.workspace, verdict.stop));
  if (verdict) throw new ApiError(spent(c.var.workspace, verdict.cents, verdict.day));
}

/** Whether what `mustMayRun` refuses would be refused now. */
export async function mayNotRun(c: AppContext): Promise<boolean> {
  return (await verdictFor(c)) !== null;
}

async function verdictFor(c: AppContext): Promise<Verdict | null> {
  return verdictOn(await standingOf(c), dayOf(nowMicros()), UNITS_PER_CENT);
}

/** Not a 429 or a 5xx, which SDKs would send again and again: it lasts until a person changes it. */
function stopped(workspace: string, stop: { workspace: string; reason: string }): WireError {
  const who = stop.workspace === EVERYONE ? "every workspace" : `the workspace ${workspace}`;
  const message = `the operator has stopped ${who}: ${stop.reason}. Nothing new begins until the operator starts it again; reading still works`;
  return { status: 403, type: "permission_error", message, noRetry: true };
}

/** Without `retry-after`: a wait of hours is not the SDK's to do (spec/core.md §1.2). */
function spent(workspace: string, cents: number, day: number): WireError {
  const message =
    `the workspace ${workspace} has spent its limit of ${dollars(cents)} of list cost for this day (UTC); ` +
    `it may go on at ${endOf(day)}, or ask the operator of this deployment to raise the limit`;
  return { status: 429, type: "rate_limit_error", message, noRetry: true };
}
