/** Rules about the list as a whole (spec/core.md §4.3, §4.6). */
import type { Rule, Say } from "../report.ts";
import { isStamped, type Log } from "./facts.ts";

/** Every event has its own id, once. */
function uniqueIds({ all }: Log, say: Say): void {
  const seen = new Set<string>();
  for (const [i, { id }] of all.entries()) {
    say(`/${i}/id`, !seen.has(id), `${id} stands twice in the log`);
    seen.add(id);
  }
}

/** One clock: each stamp is later than the one before. Thinking may show milliseconds only, so it is left out of the comparison. */
function stampsRise({ all }: Log, say: Say): void {
  let last = "";
  for (const [i, event] of all.entries()) {
    const stamp = event.processed_at;
    if (typeof stamp !== "string" || stamp.length !== "2026-01-01T00:00:00.000000Z".length) continue;
    say(`/${i}/processed_at`, stamp > last, `${stamp} is not later than ${last}`);
    last = stamp;
  }
}

/** Only client events are ever pending, and they sit behind everything that is stamped. */
function pendingTail({ all }: Log, say: Say): void {
  let pending = false;
  for (const [i, event] of all.entries()) {
    if (isStamped(event)) say(`/${i}`, !pending, `${event.type} is stamped but stands behind a pending event`);
    else {
      pending = true;
      say(`/${i}`, /^(user|system)\./.test(event.type), `${event.type} is no client event and has no processed_at`);
    }
  }
}

/** The thread status events of one log name one thread and one agent. */
function oneThread({ entries }: Log, say: Say): void {
  const named = entries.filter((entry) => entry.type.startsWith("session.thread_status_"));
  const [first] = named;
  for (const { event, index } of named) {
    const same =
      event.session_thread_id === first?.event.session_thread_id && event.agent_name === first?.event.agent_name;
    say(`/${index}`, same, "another session_thread_id or agent_name than the log's first");
  }
}

export const SHAPE_RULES: readonly Rule<Log>[] = [
  { id: "log.unique-ids", source: "spec/core.md §4.3", check: uniqueIds },
  { id: "log.stamps-rise", source: "spec/core.md §4.6", check: stampsRise },
  { id: "log.pending-tail", source: "spec/core.md §4.6", check: pendingTail },
  { id: "log.one-thread", source: "spec/core.md §4.1", check: oneThread },
];
