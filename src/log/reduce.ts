import { eventKind, type Given } from "./events.ts";
import type { Row } from "./rows.ts";
import type { SessionState } from "./state.ts";

/**
 * The state after one more row. Pure and total: a type that this build does not know changes nothing but seq and stamp, so that rows of a
 * newer build never make it throw (reliability.md C23). Throws `Corrupted` for a row that does not hold what is read of it. `given`: its body and
 * note, where they are at hand.
 */
export function reduce(before: SessionState, row: Row, given?: Given): SessionState {
  const state = { ...before, seq: row.seq, ts: row.ts };
  return eventKind(row.type)?.reduce(state, row, given) ?? state;
}
