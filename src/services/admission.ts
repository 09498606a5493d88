/**
 * May this caller go on: is its key revoked, has the operator stopped its workspace, has the workspace spent its day's money?
 *
 * The answer comes from what this isolate has heard, and D1 is asked again beside the request: on the way of a message to the model nobody waits
 * for D1. So it fails open, where it does not know better: an isolate that has heard nothing of the workspace, or nothing for a while, lets a
 * request through. That is bounded: the request's own question makes the isolate know for the next one; a turn that it begins is judged by the
 * session's watcher within seconds (session/operator-watch.ts); and what is not about one session waits (`current`). While D1 is away the last
 * answer goes on to count, and nobody could stop anything then, since a stop is a row of D1. A refusal never stands on old knowledge: before one
 * is given, an answer that is older than STALE_MS is asked for again, and that request alone waits.
 */
import { UNITS_PER_CENT } from "../brain/money/prices.ts";
import { cachedStanding, fetchStanding, type Heard, isBeingFetched } from "../catalog/admission.ts";
import { dollars, EVERYONE, endOf, type Standing, verdictOn } from "../catalog/standing.ts";
import { dayOf } from "../log/days.ts";
import { outageLine } from "../log/outage.ts";
import { ApiError, type WireError } from "../protocol/errors.ts";
import type { Caller, Platform } from "./platform.ts";

/** An answer this old is asked for again beside the request that finds it. */
const FRESH_MS = 2_000;
/** An answer this old refuses nobody, and what asks for a `current` one waits. */
const STALE_MS = 4_000;
/** Within this time of an operator's change each isolate that is at work for the workspace knows of it: STALE_MS and the question's own way. */
export const KNOWN_WITHIN_MS = 5_000;

/** `known`: what was heard last, at once. `current`: not older than STALE_MS, for requests that use the catalog anyway. */
export type Knowledge = "known" | "current";

type Asker = Pick<Platform, "db" | "later" | "now">;

/** A 401 for a credential that the operator has revoked. */
export async function admitCaller(platform: Asker, caller: Caller, knowledge: Knowledge): Promise<void> {
  const refusal = await judged(platform, caller, knowledge, ({ revoked }) =>
    revoked.has(caller.cred) ? REVOKED : null,
  );
  if (refusal) throw new ApiError(refusal);
}

/** Refuses what would begin or go on with a turn, while the workspace is stopped or has spent its day's money. */
export async function admitWork(platform: Asker, caller: Caller, knowledge: Knowledge): Promise<void> {
  const refusal = await workRefusal(platform, caller, knowledge);
  if (refusal) throw new ApiError(refusal);
}

/** Whether what `admitWork` refuses would be refused now. */
export async function isWorkHeld(platform: Asker, caller: Caller): Promise<boolean> {
  return (await workRefusal(platform, caller, "known")) !== null;
}

/** What was heard of the caller's workspace; D1 is asked beside the request when that is old. Null: nothing yet. Never waits. */
export function knownStanding({ db, later }: Pick<Asker, "db" | "later">, { workspace }: Caller): Heard | null {
  const heard = cachedStanding(db, workspace);
  if ((heard === null || heard.ageMs >= FRESH_MS) && !isBeingFetched(db, workspace)) later(fetched(db, workspace));
  return heard;
}

function workRefusal(platform: Asker, caller: Caller, knowledge: Knowledge): Promise<WireError | null> {
  const { workspace } = caller;
  return judged(platform, caller, knowledge, (standing) => {
    const verdict = verdictOn(standing, dayOf(platform.now()), UNITS_PER_CENT);
    if (verdict === null) return null;
    return verdict.kind === "stopped" ? stopped(workspace, verdict.stop) : spent(workspace, verdict.cents, verdict.day);
  });
}

async function judged(
  platform: Asker,
  caller: Caller,
  knowledge: Knowledge,
  judge: (standing: Standing) => WireError | null,
): Promise<WireError | null> {
  const { db } = platform;
  const heard = cachedStanding(db, caller.workspace);
  const old = heard === null || heard.ageMs >= STALE_MS;
  if (old && (knowledge === "current" || (heard && judge(heard.standing)))) {
    const standing = (await fetched(db, caller.workspace)) ?? heard?.standing;
    return standing ? judge(standing) : null;
  }
  const known = knownStanding(platform, caller);
  return known && judge(known.standing);
}

/** Null, and a line of the log, when D1 does not answer. */
async function fetched(db: D1Database, workspace: string): Promise<Standing | null> {
  try {
    return await fetchStanding(db, workspace);
  } catch (error) {
    const line = outageLine("standing", error, { workspace });
    if (line) console.error(line);
    return null;
  }
}

/** What a revoked key is told, at the door and in an open stream. */
export const REVOKED: WireError = {
  status: 401,
  type: "authentication_error",
  message: "the operator has revoked this API key; ask whoever runs this deployment for another one",
  noRetry: true,
};

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
