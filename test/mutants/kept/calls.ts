/** Mutants of tool uses: when they start, who lets them, what they come to. */
import type { Edit, Mutant } from "../mutant.ts";

const DOUBLE: Edit = { file: "src/brain/perform.ts", find: "  if (!open) return;\n", replace: "" };
const UNRELEASED: Edit = {
  file: "src/brain/perform.ts",
  find: "Promise.race([running, released])",
  replace: "running",
};

export const CALLS: Mutant[] = [
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
        find: "key: callKey(ports.sessionId, call.id),",
        replace: "key: callKey(ports.sessionId, call.id + String(ports.log.epoch)),",
      },
    ],
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
    name: "a machine is asked for again in the same turn",
    rule: "I19",
    edits: [
      { file: "src/brain/perform.ts", find: " || ports.log.state.turn?.provisioned) return;", replace: ") return;" },
    ],
    suite: "core",
  },
];
