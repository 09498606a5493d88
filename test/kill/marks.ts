/** What the file that the commands wrote says of each call. */
import type { HandEntry, WireEvent } from "../checker/dump.ts";
import { markOf } from "./talk.ts";

const UNKNOWN = /^The outcome of this call is unknown/;

/** A call whose command left no mark did not run; a mark that no call explains is an entry of its own. */
export function handOf(session: string, events: WireEvent[], marks: string[]): HandEntry[] {
  const results = new Map(events.map((event) => [event.tool_use_id, event]));
  const strays = new Set(marks);
  const called = events.flatMap((event): HandEntry[] => {
    const mark = event.type === "agent.tool_use" ? markOf((event.input as { command?: string }).command) : null;
    if (mark === null) return [];
    strays.delete(mark);
    const runs = marks.filter((one) => one === mark).length;
    const unknown = isUnknown(results.get(event.id));
    if (runs === 0 && !unknown) return [];
    return [{ key: `${session}/${event.id}`, digest: "", runs, outcome: unknown ? null : `did ${mark}` }];
  });
  return [...called, ...[...strays].map((mark) => ({ key: `${session}/${mark}`, digest: "", runs: 1, outcome: null }))];
}

/** A result that says that nobody can know whether the call took effect. */
export function isUnknown(result: WireEvent | undefined): boolean {
  const [block] = (result?.content ?? []) as { text?: string }[];
  return UNKNOWN.test(block?.text ?? "");
}
