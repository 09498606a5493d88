/** Mutants of the loop: intents, outcomes, ends of turns, retries. */
import type { Edit, Mutant } from "../mutant.ts";

const late = (replace: string): Edit => ({
  file: "src/brain/perform.ts",
  find: "  if (!open()) return;\n  const finished",
  replace: `${replace}  const finished`,
});
const LATE_EVENT: Edit = {
  file: "src/brain/perform.ts",
  find: "      if (!open()) return;\n      for",
  replace: "      for",
};
const DOUBLE: Edit = { file: "src/brain/perform.ts", find: "  if (!open) return;\n", replace: "" };
const UNRELEASED: Edit = {
  file: "src/brain/perform.ts",
  find: "Promise.race([running, released])",
  replace: "running",
};

export const TURN: Mutant[] = [
  {
    name: "a tool starts while its response is read",
    rule: "B2",
    edits: [
      {
        file: "src/brain/perform.ts",
        find: "void ports.hand.warm(ports.log.epoch);",
        replace:
          'void ports.hand.execute({ key: "early/early", name: "bash", input: {}, digest: "", epoch: 1, deadline: 0 });',
      },
    ],
    suite: "core",
  },
  {
    name: "a call that has its result is open again after a boot",
    rule: "B4",
    edits: [
      {
        file: "src/log/log.ts",
        find: "for (const row of stateRows(this.sql, this.state.seq)) this.state = reduce(this.state, row);",
        replace:
          "for (const row of stateRows(this.sql, this.state.seq)) this.state = reduce(this.state, row);\n    this.state = { ...this.state, calls: this.state.calls.map((call) => ({ ...call, settled: false })) };",
      },
    ],
    suite: "core",
  },
  {
    name: "the dispatch of a call forgets the results before it",
    rule: "B5",
    edits: [
      {
        file: "src/log/reduce.ts",
        find: 'case "x.dispatch":\n      return withCall(state,',
        replace:
          'case "x.dispatch":\n      return withCall({ ...state, calls: state.calls.map((call) => ({ ...call, settled: false })) },',
      },
    ],
    suite: "core",
  },
  {
    name: "the prompt of a resume has no results",
    rule: "B7",
    edits: [
      {
        file: "src/brain/context.ts",
        find: '} else if (row.type.endsWith("tool_result")) this.#result(row, piece);',
        replace: '} else if (row.type.endsWith("tool_result")) this.#result({ ...row, hasContent: false }, piece);',
      },
    ],
    suite: "core",
  },
  {
    name: "no request row",
    rule: "W2",
    edits: [
      { file: "src/brain/advance.ts", find: '  b.add("span.model_request_start", {', replace: '  b.add("x.span", {' },
    ],
    suite: "core",
  },
  {
    name: "no end for an abandoned request",
    rule: "I6",
    edits: [
      {
        file: "src/brain/advance.ts",
        find: "        closeRequest(b, setting, estimateUnseen(b));\n",
        replace: "        b.state = { ...b.state, request: null };\n",
      },
    ],
    suite: "core",
  },
  {
    name: "what a torn response asked for is run",
    rule: "I2",
    edits: [
      {
        file: "src/brain/advance.ts",
        find: "        settleOpenCalls(b, setting.interrupted);\n        break;",
        replace: "        break;",
      },
    ],
    suite: "core",
  },
  {
    name: "an idle turn asks again",
    rule: "C16",
    edits: [{ file: "src/brain/decide.ts", find: '  if (!state.asked) return { kind: "rest" };\n', replace: "" }],
    suite: "core",
  },
  { name: "a late response is accepted", rule: "I16", edits: [late("")], suite: "core" },
  {
    name: "a late response is accepted from its first event on",
    rule: "I16",
    edits: [late(""), LATE_EVENT],
    suite: "core",
  },
  { name: "a second result is accepted", rule: "I3", edits: [DOUBLE], suite: "core" },
  {
    name: "a second result is accepted, and a call that was let go is still waited for",
    rule: "I3",
    edits: [DOUBLE, UNRELEASED],
    suite: "core",
  },
  {
    name: "a stream that just ends is a response",
    rule: "B18",
    edits: [
      {
        file: "src/brain/perform.ts",
        find: 'finished.complete ? repeatedCall(ports, finished) : new ModelFailure("cut", "The response was cut off.")',
        replace: "repeatedCall(ports, finished)",
      },
    ],
    suite: "core",
  },
  {
    name: "a response without message_stop counts as complete",
    rule: "C7",
    edits: [
      {
        file: "src/brain/response.ts",
        find: "complete: this.#stopped && !this.#broken,",
        replace: "complete: !this.#broken,",
      },
    ],
    suite: "core",
  },
  {
    name: "a call runs before its dispatch is written",
    rule: "I5",
    edits: [
      {
        file: "src/brain/decide.ts",
        find: '  if (!next.dispatched) return { kind: "dispatch", call: next };\n',
        replace: "",
      },
    ],
    suite: "core",
  },
  {
    name: "a key of each instance's own",
    rule: "I7",
    edits: [
      {
        file: "src/brain/perform.ts",
        find: "{call.id}`,\n      name,",
        replace: "{call.id}`.concat(String(ports.log.epoch)),\n      name,",
      },
    ],
    suite: "core",
  },
  {
    name: "an interrupt leaves calls open",
    rule: "I22",
    edits: [
      { file: "src/session/accept.ts", find: "  settleOpenCalls(b, intake.setting.interrupted);\n", replace: "" },
    ],
    suite: "core",
  },
  {
    name: "an interrupt says the same of calls that ran and that did not",
    rule: "C29",
    edits: [
      { file: "src/brain/groups.ts", find: "call.dispatched ? texts.after : texts.before", replace: "texts.before" },
    ],
    suite: "core",
  },
  {
    name: "an ask is not waited for",
    rule: "I17",
    edits: [
      {
        file: "src/brain/decide.ts",
        find: '  if (blocking.some((call) => call.family === "sandbox")) return { kind: "ask" };\n',
        replace: "",
      },
    ],
    suite: "core",
  },
  {
    name: "a denied call is run",
    rule: "spec/core.md §4.4",
    edits: [
      {
        file: "src/brain/decide.ts",
        find: 'next.permission === "deny" || next.answer === "deny"',
        replace: 'next.permission === "deny"',
      },
    ],
    suite: "core",
  },
  {
    name: "idle comes while a call is open",
    rule: "B22",
    edits: [
      {
        file: "src/brain/decide.ts",
        find: "  return nextCall(state, live) ?? nextRequest(state, live);",
        replace: "  return nextRequest(state, live);",
      },
    ],
    suite: "core",
  },
  {
    name: "a running turn has no watchdog",
    rule: "B8",
    edits: [{ file: "src/brain/groups.ts", find: "  b.timers.turn = ms(b) + WATCHDOG_MS;\n", replace: "" }],
    suite: "core",
  },
  {
    name: "a failed request has no timer",
    rule: "B8",
    edits: [{ file: "src/brain/groups.ts", find: "  b.timers.retry = dueMs;\n", replace: "" }],
    suite: "core",
  },
  {
    name: "the timer of a turn outlives it",
    rule: "I11",
    edits: [
      {
        file: "src/brain/groups.ts",
        find: " : status });\n  delete b.timers.turn;\n",
        replace: " : status });\n",
      },
    ],
    suite: "core",
  },
  {
    name: "giving up says nothing",
    rule: "B11",
    edits: [{ file: "src/brain/advance.ts", find: '  sessionError(b, error, message, "exhausted");\n', replace: "" }],
    suite: "core",
  },
  {
    name: "a billing error is tried again",
    rule: "B21",
    edits: [{ file: "src/brain/fail.ts", find: 'billing: { what: "end"', replace: 'billing: { what: "retry"' }],
    suite: "core",
  },
  {
    name: "back-off does not grow",
    rule: "B21",
    edits: [{ file: "src/brain/fail.ts", find: "baseMs * 2 ** (failures - 1)", replace: "baseMs" }],
    suite: "core",
  },
  {
    name: "attempts have no limit",
    rule: "B21",
    edits: [
      { file: "src/brain/fail.ts", find: 'what !== "retry" || failures >= MAX_ATTEMPTS', replace: 'what !== "retry"' },
      {
        file: "src/brain/decide.ts",
        find: "turn && turn.failures >= MAX_ATTEMPTS",
        replace: "turn && turn.failures >= 1e9",
      },
    ],
    suite: "core",
  },
  {
    name: "boots have no limit",
    rule: "B9",
    edits: [
      {
        file: "src/brain/decide.ts",
        find: "live.boots.streak >= MAX_BOOT_STREAK || live.boots.inTurn >= MAX_BOOTS_IN_TURN",
        replace: "live.boots.streak > 1e9",
      },
    ],
    suite: "core",
  },
  {
    name: "the same failure may come for ever",
    rule: "5.10",
    edits: [
      {
        file: "src/brain/decide.ts",
        find: "turn.sameFailures >= MAX_SAME_FAILURES",
        replace: "turn.sameFailures >= 1e9",
      },
    ],
    suite: "core",
  },
  {
    name: "a lost request costs nothing",
    rule: "I20",
    edits: [
      {
        file: "src/brain/advance.ts",
        find: "closeRequest(b, setting, estimateUnseen(b));",
        replace: "closeRequest(b, setting, null);",
      },
    ],
    suite: "core",
  },
  {
    name: "flushed input stays in the inbox",
    rule: "C28",
    edits: [{ file: "src/brain/advance.ts", find: "  flushInbox(b);\n", replace: "" }],
    suite: "core",
  },
  {
    name: "a machine is asked for again in the same turn",
    rule: "I19",
    edits: [
      { file: "src/brain/perform.ts", find: " || ports.log.state.turn?.provisioned) return;", replace: ") return;" },
    ],
    suite: "core",
  },
];
