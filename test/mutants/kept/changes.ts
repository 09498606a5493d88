/** Mutants of budgets, updates and changed tools. */
import type { Edit, Mutant } from "../mutant.ts";

const edit = (file: string, find: string, replace: string): Edit[] => [{ file, find, replace }];

export const CHANGES: Mutant[] = [
  {
    name: "the budget is not asked before a request",
    rule: "I20",
    edits: edit("src/brain/decide.ts", 'capped(state, live.now) ? "pause" : "request"', '"request"'),
    suite: "core",
  },
  {
    name: "a budget that is reached exactly is not reached",
    rule: "spec/core.md §4.11",
    edits: edit("src/brain/spent.ts", "cost >= capUnits", "cost > capUnits"),
    suite: "core",
  },
  {
    name: "the time in running costs nothing",
    rule: "spec/core.md §10",
    edits: edit("src/brain/spent.ts", "cost + runtimeCost(activeSeconds(state, now) * 1000)", "cost"),
    suite: "core",
  },
  {
    name: "a session at its budget lists an interrupt",
    rule: "spec/core.md §4.3",
    edits: edit("src/session/accept.ts", "if (halted(b.state)) return { id: b.newEventId(), ts: b.state.ts };\n", ""),
    suite: "core",
  },
  {
    name: "the session says of a crossed budget what its thread says",
    rule: "spec/core.md §4.11",
    edits: edit("src/brain/groups.ts", 'stop.type !== "requires_action" && capped', "false && capped"),
    suite: "core",
  },
  {
    name: "a sealed turn's usage is that of its last request",
    rule: "I20",
    edits: edit("src/log/skim.ts", "until(sql, since, created)", "until(sql, 0, created)"),
    suite: "core",
  },
  {
    name: "changed tools hold in the middle of a turn",
    rule: "spec/core.md §4.9",
    edits: edit("src/brain/groups.ts", "b.state.turn === null ? toolChange(b.state) : null", "toolChange(b.state)"),
    suite: "core",
  },
  {
    name: "a new head of the request is not written down",
    rule: "I9",
    edits: edit("src/brain/groups.ts", "if (change?.note.opens && b.state.requested)", "if (false)"),
    suite: "core",
  },
  {
    name: "a tool in other words is told as if it were new",
    rule: "spec/messages.md §6",
    edits: edit("src/brain/toolchange.ts", " || (first && !same(first, tool))", ""),
    suite: "core",
  },
  {
    name: "a call may have the id of an earlier one",
    rule: "I10",
    edits: edit("src/brain/perform.ts", " || ports.prompt().hasCall(id)", ""),
    suite: "core",
  },
];
