/** Mutants of the log: fencing, atomicity, order, counters. A pair takes a guard away together with the one behind it. */
import type { Edit, Mutant } from "../mutant.ts";

const FENCE: Edit = {
  file: "src/log/log.ts",
  find: "if (held?.epoch !== this.#epoch) throw new Fenced();",
  replace: "if (!held) throw new Fenced();",
};
const STALE: Edit = { file: "src/log/log.ts", find: "if (!this.isCurrent(batch)) throw new Fenced();", replace: "" };
const MILESTONE: Edit = {
  file: "src/log/boots.ts",
  find: "(JSON.parse(row.body) as { is_error: boolean }).is_error === false",
  replace: "true",
};

export const LOG: Mutant[] = [
  { name: "no storage fence", rule: "I8", edits: [FENCE], suite: "core" },
  { name: "a stale batch is written", rule: "C26", edits: [STALE], suite: "core" },
  { name: "no storage fence, and a stale batch is written", rule: "I8", edits: [FENCE, STALE], suite: "core" },
  {
    name: "a commit is split in two",
    rule: "C9",
    edits: [
      {
        file: "src/log/log.ts",
        find: "      writeRows(this.sql, batch);\n",
        replace:
          "      for (const row of batch.rows.splice(0, 1)) writeRows(this.sql, { ...batch, rows: [row] } as never);\n    });\n    this.sql.transaction(() => {\n      writeRows(this.sql, batch);\n",
      },
    ],
    suite: "core",
  },
  {
    name: "boots are not counted",
    rule: "B9",
    edits: [{ file: "src/log/log.ts", find: 'if (meta.status === "running") this.#countBoot(nowMs);', replace: "" }],
    suite: "core",
  },
  {
    name: "every boot is counted, also of a session that waits",
    rule: "B10",
    edits: [
      {
        file: "src/log/log.ts",
        find: 'if (meta.status === "running") this.#countBoot(nowMs);',
        replace: "this.#countBoot(nowMs);",
      },
    ],
    suite: "core",
  },
  {
    name: "boots are counted after the log is read",
    rule: "C32",
    edits: [
      { file: "src/log/log.ts", find: 'if (meta.status === "running") this.#countBoot(nowMs);', replace: "" },
      {
        file: "src/log/log.ts",
        find: "  hydrate(): void {\n",
        replace: "  hydrate(): void {\n    this.#countBoot(0);\n",
      },
    ],
    suite: "core",
  },
  { name: "a lost request is progress", rule: "B9", edits: [MILESTONE], suite: "core" },
  {
    name: "progress forgives every boot of the turn",
    rule: "B9",
    edits: [
      {
        file: "src/log/boots.ts",
        find: "rows.some(isMilestone) ? { ...boots, streak: 0 }",
        replace: "rows.some(isMilestone) ? { ...boots, streak: 0, inTurn: 0 }",
      },
    ],
    suite: "core",
  },
  {
    name: "a turn that was given up ends the next one",
    rule: "B11",
    edits: [
      { file: "src/log/boots.ts", find: "{ ...boots, inTurn: 0, streak: 0 }", replace: "{ ...boots, inTurn: 0 }" },
    ],
    suite: "core",
  },
  {
    name: "stamps come from the clock alone",
    rule: "B16",
    edits: [{ file: "src/log/batch.ts", find: "Math.max(this.now, this.state.ts + 1)", replace: "this.now" }],
    suite: "core",
  },
  {
    name: "the epoch does not rise with a boot",
    rule: "I8",
    edits: [
      {
        file: "src/log/log.ts",
        find: "    this.#epoch += 1;\n    this.#claimed = true;\n    this.sql.exec(",
        replace: "    this.#claimed = true;\n    this.sql.exec(",
      },
    ],
    suite: "core",
  },
  {
    name: "a snapshot of any build is believed",
    rule: "I13",
    edits: [
      {
        file: "src/log/snapshot.ts",
        find: "if (row?.version !== STATE_VERSION) return null;",
        replace: "if (!row) return null;",
      },
    ],
    suite: "core",
  },
  {
    name: "a snapshot is written one row late",
    rule: "I13",
    edits: [
      {
        file: "src/log/snapshot.ts",
        find: "sql.exec(statement, state.seq, STATE_VERSION, text);",
        replace: "sql.exec(statement, state.seq, STATE_VERSION, JSON.stringify({ ...state, calls: [] }));",
      },
    ],
    suite: "core",
  },
  {
    name: "a newer log is read all the same",
    rule: "C23",
    edits: [
      {
        file: "src/log/log.ts",
        find: "if ((meta.min_reader as number) > SCHEMA_VERSION)",
        replace: "if ((meta.min_reader as number) < 0)",
      },
    ],
    suite: "core",
  },
  {
    name: "an unknown row is an error",
    rule: "C23",
    edits: [
      {
        file: "src/log/reduce.ts",
        find: "    default:\n      return state;\n",
        replace:
          '    default:\n      if (row.type.startsWith("x.") && row.type.includes("tomorrow")) throw new Error(row.type);\n      return state;\n',
      },
    ],
    suite: "core",
  },
  {
    name: "a consumed event stays in the inbox",
    rule: "I4",
    edits: [{ file: "src/log/write.ts", find: '  sql.exec("DELETE FROM inbox WHERE n = ?", row.n);\n', replace: "" }],
    suite: "core",
  },
  {
    name: "an event that waits is not stored",
    rule: "I4",
    edits: [
      { file: "src/log/write.ts", find: "  for (const entry of batch.queued) insertInbox(sql, entry);\n", replace: "" },
    ],
    suite: "core",
  },
  {
    name: "pages show what waited twice",
    rule: "I23",
    edits: [
      {
        file: "src/log/list.ts",
        find: "page.offer(row, row.n !== null && row.n <= seenN)",
        replace: "page.offer(row, false)",
      },
    ],
    suite: "core",
  },
  {
    name: "the alarm is the latest timer",
    rule: "I18",
    edits: [
      {
        file: "src/log/log.ts",
        find: "return times.length > 0 ? Math.min(...times) : null;",
        replace: "return times.length > 0 ? Math.max(...times) : null;",
      },
    ],
    suite: "core",
  },
  {
    name: "usage counts the last request alone",
    rule: "I20",
    edits: [{ file: "src/log/reduce.ts", find: "output: sum.output + one.output", replace: "output: one.output" }],
    suite: "core",
  },
];
