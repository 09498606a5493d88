/**
 * What this isolate knows of the workspaces' standing: requests and turns ask here, and D1 is asked at most every so often, for all of them
 * together. Nothing but a cache; each caller says how old an answer may be. No promise is shared, since one request must not wait for another's.
 */
import { dayOf } from "../log/days.ts";
import { inTime } from "./intime.ts";
import { type Standing, standingFrom, standingStatement } from "./standing.ts";

/** While somebody asks D1, the others make do with what is there, for so long. */
const ASKING_MS = 1_000;
/** An answer that has not come by then is a failure. */
const WAIT_MS = 3_000;

interface Entry {
  standing: Standing;
  /** When the question was put: the answer is at least that new. Milliseconds since 1970. */
  at: number;
  askedAt: number;
}

const known = new WeakMap<D1Database, Map<string, Entry>>();

/** The answer if it is not older than `ms`, or if a newer one is on its way and it is not older than `staleMs`; else null. */
export function held(db: D1Database, workspace: string, ms: number, staleMs: number): Standing | null {
  const entry = known.get(db)?.get(workspace);
  if (!entry) return null;
  const age = Date.now() - entry.at;
  const asked = entry.askedAt > entry.at && Date.now() - entry.askedAt < ASKING_MS;
  return age < ms || (asked && age < staleMs) ? entry.standing : null;
}

/** The last answer, however old it is. */
export function lastHeard(db: D1Database, workspace: string): Standing | null {
  return known.get(db)?.get(workspace)?.standing ?? null;
}

/** Asks D1 and remembers. Rejects when it fails or does not answer within WAIT_MS. */
export async function ask(db: D1Database, workspace: string, without: readonly string[] = []): Promise<Standing> {
  const at = Date.now();
  const day = dayOf(at * 1000);
  const entry = known.get(db)?.get(workspace);
  if (entry) entry.askedAt = at;
  const row = await inTime(standingStatement(db, workspace, day, without).first(), WAIT_MS);
  const standing = standingFrom(row, day);
  if (!standing) throw new Error("the catalog does not say where the workspace stands");
  if (without.length === 0) remember(db, workspace, standing, at);
  return standing;
}

/** An answer that came with something else; `at` is when the question was put. An older one than is known changes nothing. */
export function remember(db: D1Database, workspace: string, standing: Standing, at: number): void {
  const own = known.get(db) ?? new Map<string, Entry>();
  known.set(db, own);
  if ((own.get(workspace)?.at ?? 0) <= at) own.set(workspace, { standing, at, askedAt: at });
}

/** After a change made by this isolate: the next request asks. */
export function forgetStandings(db: D1Database): void {
  known.delete(db);
}
