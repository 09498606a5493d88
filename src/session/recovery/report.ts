import type { Log } from "../../log/log.ts";
import { openCalls } from "../../log/state.ts";
import type { SessionInit } from "../rpc.ts";

/**
 * One line for the operator whenever a boot finds a session running: what the log held and what is done about it. No content. It goes to the
 * error stream because nothing else tells that an instance died.
 */
export function reportRecovery(log: Log<SessionInit>, decided: string): void {
  const { state, boots } = log;
  const open = state.threads.flatMap(openCalls);
  // One request a thread: of more than one the oldest is told.
  const request = state.threads.find((thread) => thread.request)?.request ?? null;
  console.warn(
    JSON.stringify({
      level: "info",
      event: "recovery",
      session: log.init?.id,
      epoch: log.epoch,
      boots: { in_turn: boots.inTurn, streak: boots.streak },
      found: {
        seq: state.seq,
        open_request: request?.id ?? null,
        attempt: request?.attempt ?? null,
        open_calls: open.length,
        dispatched: open.filter((call) => call.dispatched).length,
        inbox: log.inbox.length,
      },
      decided,
    }),
  );
}
