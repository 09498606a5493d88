/** For each invariant one way to spoil a good dump that it alone has to notice. Null: this dump has nothing of the kind to spoil. */
import type { Dump, WireEvent } from "./dump.ts";
import { isEnd, isResult } from "./read.ts";

export type Defect = (dump: Dump) => unknown;

const none = null;

/** Takes out of a list the first thing that fits; null when nothing does. */
function drop<T>(list: T[], fits: (one: T) => boolean): unknown {
  const at = list.findIndex(fits);
  return at === -1 ? none : list.splice(at, 1);
}

function after(dump: Dump, fits: (event: WireEvent) => boolean, more: Partial<WireEvent>): unknown {
  const at = dump.events.findIndex(fits);
  const event = dump.events[at];
  if (!event) return none;
  return dump.events.splice(at + 1, 0, { ...event, id: "sevt_spoiled", ...more });
}

export const DEFECTS: Record<string, Defect> = {
  I1: (dump) => drop(dump.inside?.rows ?? [], (row) => row.seq === 2),
  I2: (dump) => drop(dump.events, isResult),
  I3: (dump) => after(dump, isResult, {}),
  I4: (dump) => drop(dump.events, (event) => dump.posts.some((post) => post.acked?.includes(event.id))),
  I5: (dump) => dump.hand.push({ key: "sesn_01/sevt_nobody", digest: "", runs: 1, outcome: null }),
  I6: (dump) => drop(dump.events, isEnd),
  I7: ({ hand: [entry] }) => (entry ? Object.assign(entry, { runs: 2 }) : none),
  I8: (dump) => Object.assign(dump.inside?.rows[0] ?? {}, { epoch: 99 }),
  I9: ({ bodies: [, second] }) =>
    second ? Object.assign(second, { text: second.text.replace('"role":"user"', '"role": "user"') }) : none,
  I10: ({ bodies: [first] }) =>
    first ? Object.assign(first, { text: first.text.replace('"role":"user"', '"role":"assistant"') }) : none,
  I11: (dump) => Object.assign(dump, { status: "running" }),
  I12: (dump) => {
    const known = dump.hand.find((entry) => entry.outcome !== null);
    const result = dump.events.find(
      (event) => event.type === "agent.tool_result" && known?.key.endsWith(event.tool_use_id as string),
    );
    return result ? Object.assign(result, { content: [{ type: "text", text: "made up" }] }) : none;
  },
  I13: (dump) => Object.assign(dump.inside?.states[0] ?? {}, { snapshot: "{}" }),
  I14: (dump) => {
    const connection = dump.connections.find((one) => one.items.filter((item) => item.t === "event").length > 2);
    return connection ? drop(connection.items, (item) => item.t === "event") : none;
  },
  I15: (dump) => {
    const kept = (id: string) => dump.events.some((event) => event.id === id);
    const item = dump.connections.flatMap((one) => one.items).find((one) => one.t === "delta" && kept(one.id));
    return item ? Object.assign(item, { text: "something else" }) : none;
  },
  I16: (dump) => {
    const last = dump.bodies.at(-1);
    return last ? dump.bodies.push(...Array.from({ length: 20 }, () => ({ ...last, answer: "none" as const }))) : none;
  },
  I17: (dump) => drop(dump.events, (event) => event.type === "session.status_running"),
  I18: (dump) => {
    const sample = dump.inside?.alarms.find((one) => Object.keys(one.timers).length > 0);
    return sample ? Object.assign(sample, { alarm: null }) : none;
  },
  I19: (dump) => (dump.machines.begun > 0 ? Object.assign(dump.machines, { begun: 2 }) : none),
  I20: (dump) => (dump.events.some(isEnd) ? Object.assign(dump.usage, { input_tokens: -1 }) : none),
  I21: (dump) => dump.inside?.costs.push({ kind: "commit.result", events: 1, written: 1000, read: 0 }),
  I22: (dump) => after(dump, (event) => event.type === "user.interrupt", { type: "agent.tool_use" }),
  I23: ({ walks }) =>
    drop(walks.find((walk) => walk.before.length > 1)?.ids ?? [], (id) =>
      walks.some((walk) => walk.before.includes(id)),
    ),
  I24: (dump) => Object.assign(dump.inside?.boots[0] ?? {}, { second: "nothing" }),
};

/** A copy of the dump with the defect in it; null when it cannot have it. */
export function spoiled(dump: Dump, defect: Defect): Dump | null {
  const copy = structuredClone(dump);
  return defect(copy) === none ? null : copy;
}
