import { eventKind } from "./events.ts";
import type { Row } from "./rows.ts";
import type { SessionState } from "./state.ts";

/** How often instances of this turn have begun: all of them, and those in a row that got nowhere (reliability.md, budget rule). */
export interface Boots {
  inTurn: number;
  streak: number;
  /** Milliseconds since 1970. */
  last: number;
}

/** An instance that dies this soon adds to the streak. */
const STREAK_MS = 60_000;
/** Before a boot that died is tried again; doubles with the streak up to the second. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 300_000;

/** The pause that follows a boot which dies, milliseconds. */
export function pauseMs({ streak }: Boots): number {
  return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.max(0, streak - 1));
}

/** The counters with one more boot. What the last one had to wait for is not time that it lived. */
export function nextBoot(boots: Boots, nowMs: number): Boots {
  const quick = nowMs - boots.last < STREAK_MS + pauseMs(boots);
  return { inTurn: boots.inTurn + 1, streak: quick ? boots.streak + 1 : 1, last: nowMs };
}

/** The counters after a commit of these rows, which leave this state. */
export function bootsAfter(boots: Boots, { rows, state }: { rows: readonly Row[]; state: SessionState }): Boots {
  // With the turn its crashes are over too: the next message must not end of them.
  if (state.threads.every((thread) => thread.turn === null)) return { ...boots, inTurn: 0, streak: 0 };
  return rows.some(isProgress) ? { ...boots, streak: 0 } : boots;
}

/** Whether a row proves that the turn gets on. */
export function isProgress(row: Row): boolean {
  return eventKind(row.type)?.isProgress(row) ?? false;
}
