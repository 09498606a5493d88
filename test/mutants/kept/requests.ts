/** Mutants of model requests: their intents, their outcomes, their retries. */
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

export const REQUESTS: Mutant[] = [
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
];
