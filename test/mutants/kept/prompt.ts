/** Mutants of what the model is sent, and of what is taken from clients. */
import type { Edit, Mutant } from "../mutant.ts";

const COMING: Edit = {
  file: "src/brain/context.ts",
  find: "this.#coming.set(row.id",
  replace: "this.#toolUseIds.set(row.id",
};
const KEYED: Edit = {
  file: "src/session/repeat.ts",
  find: "    return known;\n  }\n",
  replace: "    return null;\n  }\n",
};
const KEYLESS: Edit = { file: "src/session/repeat.ts", find: "return retry ? last : null;", replace: "return null;" };

export const PROMPT: Mutant[] = [
  {
    name: "a result is left out of the prompt",
    rule: "B1",
    edits: [
      {
        file: "src/brain/context.ts",
        find: "    if (id === undefined) return;\n",
        replace: "    if (id === undefined || this.#segment.results.length > 0) return;\n",
      },
    ],
    suite: "core",
  },
  { name: "a torn response's calls have results in the prompt", rule: "I10", edits: [COMING], suite: "core" },
  {
    name: "what was said before the last response is forgotten",
    rule: "B3",
    edits: [
      {
        file: "src/brain/context.ts",
        find: "    this.closed.push(...pieces,",
        replace: "    if (this.closed.length > 40) this.closed.splice(0, 4);\n    this.closed.push(...pieces,",
      },
    ],
    suite: "core",
  },
  {
    name: "user turns come before results",
    rule: "I10",
    edits: [
      {
        file: "src/brain/context.ts",
        find: "return [...first, ...segment.users, ...segment.systems];",
        replace: "return [...segment.users, ...first, ...segment.systems];",
      },
    ],
    suite: "core",
  },
  {
    name: "system turns come before user turns",
    rule: "spec/messages.md §6",
    edits: [
      {
        file: "src/brain/context.ts",
        find: "return [...first, ...segment.users, ...segment.systems];",
        replace: "return [...first, ...segment.systems, ...segment.users];",
      },
    ],
    suite: "core",
  },
  {
    name: "the prompt names the day",
    rule: "B20",
    edits: [
      {
        file: "src/brain/request.ts",
        find: "JSON.stringify(head).slice(0, -1)",
        replace: "JSON.stringify({ ...head, day: Date.now() }).slice(0, -1)",
      },
    ],
    suite: "core",
  },
  {
    name: "the prompt is measured without what was kept",
    rule: "I9",
    edits: [
      {
        file: "src/brain/hashed.ts",
        find: "    const hash = this.#hash.copy();\n",
        replace: '    const hash = createHash("sha256");\n',
      },
    ],
    suite: "core",
  },
  {
    name: "a retry takes in what was queued",
    rule: "I9",
    edits: [
      {
        file: "src/brain/advance.ts",
        find: "        if (first) consumeInbox(b);\n",
        replace: "        consumeInbox(b);\n",
      },
    ],
    suite: "core",
  },
  {
    name: "a cut custom call is shown to clients",
    rule: "design §4",
    edits: [
      {
        file: "src/brain/respond.ts",
        find: 'if (part.cut && tool?.family === "custom") {',
        replace: 'if (part.cut && tool?.family === "none") {',
      },
    ],
    suite: "core",
  },
  {
    name: "a cut call is run",
    rule: "5.6 (i)",
    edits: [{ file: "src/brain/respond.ts", find: "  if (!tool || part.cut) {\n", replace: "  if (!tool) {\n" }],
    suite: "core",
  },
  {
    name: "a refusal is replayed",
    rule: "spec/messages.md §12",
    edits: [
      {
        file: "src/brain/respond.ts",
        find: 'wire: refused || finished.wire === "[]" ? null',
        replace: 'wire: finished.wire === "[]" ? null',
      },
    ],
    suite: "core",
  },
  {
    name: "a partial text becomes a message",
    rule: "B13",
    edits: [
      {
        file: "src/brain/fail.ts",
        find: "  const { what, error } = TREATMENT[failure.kind];\n",
        replace:
          '  const { what, error } = TREATMENT[failure.kind];\n  for (const part of fold.end().parts) if (part.kind === "message") b.add("agent.message", { content: JSON.stringify(part.texts.map((text) => ({ type: "text", text }))) });\n',
      },
    ],
    suite: "core",
  },
  {
    name: "a damaged log makes a prompt",
    rule: "C33",
    edits: [{ file: "src/log/rows.ts", find: "  throw new Corrupted(row);\n", replace: "  return {} as T;\n" }],
    suite: "core",
  },
  { name: "a retry without a key is taken as new", rule: "C2", edits: [KEYLESS], suite: "core" },
  { name: "a key means nothing", rule: "C2", edits: [KEYED], suite: "core" },
  { name: "no post is ever a repeat", rule: "C2", edits: [KEYED, KEYLESS], suite: "core" },
  {
    name: "an equal message is a repeat",
    rule: "C2",
    edits: [{ file: "src/session/repeat.ts", find: "sender.retry > last.retry && ", replace: "" }],
    suite: "core",
  },
  {
    name: "queued messages are read newest first",
    rule: "B16",
    edits: [
      {
        file: "src/brain/advance.ts",
        find: "  for (const entry of b.inbox) if (entry.type",
        replace: "  for (const entry of [...b.inbox].reverse()) if (entry.type",
      },
    ],
    suite: "core",
  },
  {
    name: "a message breaks into a wait",
    rule: "spec/core.md §4.4",
    edits: [
      {
        file: "src/session/accept.ts",
        find: "if (waiting(b) && ids.length > 0) {",
        replace: "if (waiting(b) && ids.length > 9) {",
      },
    ],
    suite: "core",
  },
  {
    name: "answers are taken as they come",
    rule: "spec/core.md §4.4",
    edits: [
      {
        file: "src/session/answers.ts",
        find: "if (blockingCalls(b.state)[0]?.id !== call.id) return queue(b, draft, intake);",
        replace: "",
      },
    ],
    suite: "core",
  },
  {
    name: "a message wakes the loop into a second request",
    rule: "B15",
    edits: [
      {
        file: "src/brain/decide.ts",
        find: '  if (live.request === request.id) return { kind: "wait" };\n',
        replace: '  if (live.request === request.id) return { kind: "abandon" };\n',
      },
    ],
    suite: "core",
  },
  {
    name: "two loops send one request twice",
    rule: "B15",
    edits: [
      {
        file: "src/brain/decide.ts",
        find: '  if (live.request === request.id) return { kind: "wait" };\n',
        replace: "",
      },
      { file: "src/brain/decide.ts", find: "&& !live.sent.has(request.id)", replace: "" },
    ],
    suite: "core",
  },
];
