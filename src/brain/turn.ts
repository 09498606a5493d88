import { decide } from "./decide.ts";
import { callModel, commitAdvance, executeCall, measureRequest } from "./perform.ts";
import { type Doing, liveOf, type Ports } from "./ports.ts";

/** Effects in one invocation before the turn hops to a fresh one, which has its own budget of subrequests (reliability.md §5.10). */
const EFFECTS_PER_INVOCATION = 500;

/**
 * The loop. There is no recovery mode: a wake after a crash, a new message and an alarm all run this function on whatever the log says. It ends
 * when nothing is left to do or everything that is left is under way or waits for a timer.
 *
 * Contract: one at a time per session (the caller holds the promise). It rejects with `Fenced` when another instance has taken over.
 */
export async function runTurn(ports: Ports, doing: Doing): Promise<"rest" | "hop"> {
  for (let effects = 0; effects < EFFECTS_PER_INVOCATION; effects++) {
    const action = decide(ports.log.state, liveOf(ports, doing));
    switch (action.kind) {
      case "none":
      case "wait":
        return "rest";
      case "call":
        await callModel(ports, doing);
        break;
      case "execute":
        await executeCall(ports, doing, action.call);
        break;
      default:
        if (!commitAdvance(ports, doing)) await measureRequest(ports, doing);
    }
  }
  return "hop";
}
