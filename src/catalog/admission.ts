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
  /** Null: nothing was heard yet. */
  standing: Standing | null;
  /** When the question was put: the answer is at least that new. Milliseconds since 1970. */
  at: number;
  askedAt: number;
}

const entries = new WeakMap<D1Database, Map<string, Entry>>();

/** The last answer, however old it is. */
export interface Heard {
  standing: Standing;
  /** Milliseconds since its question was put. */
  ageMs: number;
}

/** Null: this isolate has not heard of the workspace yet. */
export function cachedStanding(db: D1Database, workspace: string): Heard | null {
  const entry = entries.get(db)?.get(workspace);
  return entry?.standing ? { standing: entry.standing, ageMs: Date.now() - entry.at } : null;
}

/** Whether D1 was asked within the last ASKING_MS and has not answered yet. */
export function isBeingFetched(db: D1Database, workspace: string): boolean {
  const entry = entries.get(db)?.get(workspace);
  return entry !== undefined && entry.askedAt > entry.at && Date.now() - entry.askedAt < ASKING_MS;
}

/** Asks D1 and remembers. Rejects when it fails or does not answer within WAIT_MS. `without`: see `standingStatement`; such an answer is not kept. */
export async function fetchStanding(
  db: D1Database,
  workspace: string,
  without: readonly string[] = [],
): Promise<Standing> {
  const at = Date.now();
  const day = dayOf(at * 1000);
  const own = workspacesOf(db);
  const entry = own.get(workspace);
  if (without.length === 0) own.set(workspace, { standing: null, at: 0, ...entry, askedAt: at });
  const row = await inTime(standingStatement(db, workspace, day, without).first(), WAIT_MS);
  const standing = standingFrom(row, day);
  if (!standing) throw new Error("the catalog does not say where the workspace stands");
  if (without.length === 0) rememberStanding(db, workspace, standing, at);
  return standing;
}

/** An answer that came with something else; `at` is when the question was put. An older one than is known changes nothing. */
export function rememberStanding(db: D1Database, workspace: string, standing: Standing, at: number): void {
  const own = workspacesOf(db);
  if ((own.get(workspace)?.at ?? 0) <= at) own.set(workspace, { standing, at, askedAt: at });
}

/** Asks again for every workspace that this isolate has heard of, in one trip: after a change that it has made itself. Rejects as `fetchStanding` does. */
export async function refetchStandings(db: D1Database): Promise<void> {
  const at = Date.now();
  const day = dayOf(at * 1000);
  const workspaces = [...workspacesOf(db).keys()];
  if (workspaces.length === 0) return;
  const statements = workspaces.map((workspace) => standingStatement(db, workspace, day));
  const answers = await inTime(db.batch(statements), WAIT_MS);
  for (const [i, workspace] of workspaces.entries()) {
    const standing = standingFrom(answers[i]?.results[0], day);
    if (standing) rememberStanding(db, workspace, standing, at);
  }
}

function workspacesOf(db: D1Database): Map<string, Entry> {
  const own = entries.get(db) ?? new Map<string, Entry>();
  entries.set(db, own);
  return own;
}
