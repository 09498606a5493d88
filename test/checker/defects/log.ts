/** To the list: calls, requests, turns. */
import { isEnd, isIdle, isResult, isStart, isUse, stopOf } from "../read.ts";
import { after, change, type Defects, defect, drop, first, none } from "./spoil.ts";

export const LOG: Defects = {
  I2: [
    defect("is open", (dump) => drop(dump.events, isResult)),
    defect("which is not open", (dump) =>
      change(
        dump.events.find((event) => isIdle(event) && stopOf(event) === "requires_action"),
        { stop_reason: { type: "requires_action", event_ids: ["sevt_nobody"] } },
      ),
    ),
    defect("waits for nothing", (dump) =>
      change(dump.events.find(isIdle), { stop_reason: { type: "requires_action", event_ids: [] } }),
    ),
  ],
  I3: [
    defect("has a second result", (dump) => after(dump, isResult, {})),
    defect("which is no call before it", (dump) => drop(dump.events, isUse)),
    defect("is no result for", (dump) => change(first(dump, "agent.tool_result"), { type: "user.custom_tool_result" })),
    defect("settles a self-hosted call", (dump) =>
      first(dump, "agent.tool_result") ? Object.assign(dump, { selfHosted: true }) : none,
    ),
  ],
  I6: [
    defect("starts while", (dump) => (dump.events.filter(isStart).length > 1 ? drop(dump.events, isEnd) : none)),
    defect("outside a request", (dump) => drop(dump.events, isStart)),
    defect("has no end", (dump) => dump.events.splice(dump.events.findLastIndex(isEnd))),
  ],
  I17: [
    defect("while the session is idle", (dump) =>
      drop(dump.events, (event) => event.type === "session.status_running"),
    ),
    defect("while the session is running already", (dump) =>
      after(dump, (event) => event.type === "session.status_running", {}),
    ),
    defect("before the end of the request", (dump) => {
      const at = dump.events.findIndex(isResult);
      const end = dump.events.slice(0, Math.max(0, at)).findLastIndex(isEnd);
      return at >= 0 && end >= 0 ? dump.events.splice(at, 0, ...dump.events.splice(end, 1)) : none;
    }),
    defect("while the session is idle already", (dump) => after(dump, isIdle, {})),
    defect("while a request is open", (dump) => {
      const at = dump.events.findLastIndex(isEnd);
      return at >= 0
        ? dump.events.push(...dump.events.splice(at, 1)) && after(dump, isStart, { type: "session.status_idle" })
        : none;
    }),
    defect("is stamped while", (dump) =>
      after(dump, (event) => isIdle(event) && stopOf(event) === "end_turn", { type: "user.message" }),
    ),
  ],
  I22: [
    ...["agent.tool_use", "agent.tool_result", "span.model_request_start"].map((type) =>
      defect("after the interrupt", (dump) => after(dump, (event) => event.type === "user.interrupt", { type })),
    ),
    defect("has ended one", (dump) => {
      const at = dump.events.findIndex(
        (event, i) => event.type === "user.interrupt" && isIdle(dump.events[i + 3] ?? event),
      );
      return at >= 0 ? after(dump, (event) => event === dump.events[at], { type: "session.status_running" }) : none;
    }),
  ],
};
