/** To rows, states, timers and counts. */
import type { WireEvent } from "../dump.ts";
import { isEnd, isIdle, isResult, isUse, stopOf } from "../read.ts";
import { change, changeRow, type Defects, defect, drop, none, streamed } from "./spoil.ts";

const COST = { kind: "commit.response", warm: true, commits: 1, events: 1, consumed: 0, told: 0, written: 1, read: 0 };

export const INSIDE: Defects = {
  I1: [
    defect("of the log has seq", (dump) => drop(dump.inside?.rows, (row) => row.seq === 2)),
    defect("is listed 2 times", (dump) => dump.events.push({ ...(dump.events[0] as WireEvent) })),
    defect("is not stamped after", (dump) => change(dump.events[0], { processed_at: "2999-01-01T00:00:00.000000Z" })),
    defect("was shown and has changed or gone", (dump) => change(dump.earlier[0]?.at(-1), { more: true })),
    defect("was shown and has changed or gone", (dump) => change(streamed(dump)[0]?.event, { type: "other" })),
    defect("the stamp of", (dump) => change(streamed(dump)[0]?.event, { processed_at: "2000-01-01T00:00:00Z" })),
    defect("is not as it was written", (dump) => changeRow(dump.inside?.rows, (row) => row.seq === 3, { ts: 1 })),
    defect("was written again as another one", ({ inside }) => {
      const row = inside?.written[1];
      return row ? inside?.written.push({ ...row, id: "sevt_other" }) : none;
    }),
    defect("was written after row", (dump) => drop(dump.inside?.written, (row) => row.seq === 2)),
    defect("rows are gone", ({ inside }) => (inside && inside.rows.length > 1 ? inside.rows.pop() : none)),
  ],
  I8: [defect("is of epoch", (dump) => changeRow(dump.inside?.rows, (row) => row.seq === 1, { epoch: 99 }))],
  I11: [
    defect("nothing will happen any more", (dump) => Object.assign(dump, { status: "running" })),
    defect("it did not come to rest", (dump) => Object.assign(dump, { quiet: false })),
    defect("a model request is open", (dump) => drop(dump.events, isEnd)),
    defect("waits for nobody", (dump) =>
      stopOf(dump.events.findLast(isIdle) ?? { id: "", type: "" }) === "end_turn" ? drop(dump.events, isResult) : none,
    ),
    defect("which is settled", (dump) => {
      const settled = dump.events.find((event) => isUse(event))?.id;
      const idle = dump.events.findLast(isIdle);
      return settled ? change(idle, { stop_reason: { type: "requires_action", event_ids: [settled] } }) : none;
    }),
    defect("ms to come to rest", (dump) => Object.assign(dump, { restedAfter: 1e9 })),
    defect("timers are due", (dump) => dump.inside?.timers.push("turn")),
    defect("the catalog was told", (dump) => Object.assign(dump.inside?.catalog ?? {}, { told: "{}" })),
  ],
  I13: [
    defect("the snapshot says", ({ inside }) =>
      inside?.states[0] ? Object.assign(inside.states[0], { snapshot: "{}" }) : none,
    ),
  ],
  I18: [
    defect("the alarm is null", ({ inside }) =>
      change(
        inside?.alarms.find(({ timers }) => Object.keys(timers).length > 0),
        { alarm: null },
      ),
    ),
    defect("the alarm is 5", ({ inside }) =>
      change(
        inside?.alarms.find(({ alarm }) => alarm === null),
        { alarm: 5 },
      ),
    ),
    defect("has no watchdog", ({ inside }) => {
      const sample = inside?.alarms.find(({ status }) => status === "running");
      return sample ? drop([1], () => Reflect.deleteProperty(sample.timers, "turn")) : none;
    }),
  ],
  I20: [
    ...["input_tokens", "output_tokens", "cache_read_input_tokens"].map((field) =>
      defect(`${field} is -1`, (dump) => (dump.events.some(isEnd) ? change(dump.usage, { [field]: -1 }) : none)),
    ),
    defect("the cap is 0", ({ inside, events }) =>
      inside && events.some(isEnd) ? change(inside, { budget: { max_list_cost: { amount: "0" } } }) : none,
    ),
  ],
  I21: [
    defect("commit.response wrote", ({ inside }) => inside?.costs.push({ ...COST, written: 5 })),
    defect("commit.response read", ({ inside }) => inside?.costs.push({ ...COST, read: 14 })),
  ],
  I24: [defect("one boot would", ({ inside }) => change(inside?.boots[0], { second: "nothing" }))],
};
