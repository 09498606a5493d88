/** Mutants of what ends a turn, and of what wakes a session that has not ended it. */
import type { Mutant } from "../mutant.ts";

export const ENDS: Mutant[] = [
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
    name: "flushed input stays in the inbox",
    rule: "C28",
    edits: [{ file: "src/brain/advance.ts", find: "  flushInbox(b);\n", replace: "" }],
    suite: "core",
  },
  {
    name: "a session whose boot the storage refused stays closed",
    rule: "C32",
    edits: [{ file: "src/session/session.ts", find: "openAgain(this.ctx);", replace: "{}" }],
    suite: "core",
  },
];
