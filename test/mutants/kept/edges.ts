/** Mutants of the hand's journal and of the streams. */
import type { Edit, Mutant } from "../mutant.ts";

const keeper = (find: string, replace: string): Edit => ({
  file: "src/hands/machines/isolate/keeper.ts",
  find,
  replace,
});
const ADMIT = keeper("    if (epoch < this.#epoch) return false;\n", "");
const RECORDED = keeper("    if (recorded !== null) {\n", "    if (recorded !== null && call.epoch < 0) {\n");
const RUNNING = keeper("    if (running.epoch < this.#epoch) return STALE;\n", "");

export const HANDS: Mutant[] = [
  { name: "no hand cache", rule: "I7", edits: [RECORDED], suite: "hands" },
  { name: "no hand fence", rule: "I8", edits: [ADMIT], suite: "hands" },
  { name: "a replaced caller's queued call is started", rule: "I8", edits: [RUNNING], suite: "hands" },
  { name: "no hand fence at either place", rule: "I8", edits: [ADMIT, RUNNING], suite: "hands" },
  {
    name: "no attaching to a running call",
    rule: "B6",
    edits: [
      keeper(
        "    if (running !== undefined) {\n      if (running.digest",
        "    if (running !== undefined && call.epoch < 0) {\n      if (running.digest",
      ),
    ],
    suite: "hands",
  },
  {
    name: "another digest gets the old bytes",
    rule: "§2.2",
    edits: [keeper("const same = recorded.digest === null || recorded.digest === call.digest;", "const same = true;")],
    suite: "hands",
  },
  {
    name: "what a command changed is kept before its outcome",
    rule: "B24",
    edits: [
      keeper(
        "        if (running.cancel.signal.aborted) throw new Cancelled();\n        this.#disk.commit(() => {",
        "        this.#disk.commit(() => {});\n        if (running.cancel.signal.aborted) throw new Cancelled();\n        this.#disk.commit(() => {",
      ),
    ],
    suite: "hands",
  },
  {
    name: "a cancelled call that has not come yet is run",
    rule: "C29",
    edits: [keeper("    else this.#journal.record(key, null, failed(INTERRUPTED_BEFORE_TEXT));\n", "")],
    suite: "hands",
  },
  {
    name: "a lost outcome is tried again under another key",
    rule: "B24",
    edits: [
      {
        file: "src/brain/perform.ts",
        find: "    .catch(refusedOrUnknown);\n",
        replace:
          "    .catch(() => ports.hand.execute({ key: [ports.sessionId, call.id, 2].join(), name, input, digest: call.digest, epoch: ports.log.epoch, deadline: ports.now() }))\n    .catch(refusedOrUnknown);\n",
      },
    ],
    suite: "hands",
  },
  {
    name: "a machine per attempt",
    rule: "B23",
    edits: [
      {
        file: "src/hands/stub.ts",
        find: "const sandbox = () => namespace.getByName(sessionId);",
        replace: "let attempts = 0;\n  const sandbox = () => namespace.getByName(sessionId + attempts++);",
      },
    ],
    suite: "hands",
  },
  {
    name: "a reset is an unknown outcome unless its words are known",
    rule: "B12",
    edits: [
      {
        file: "src/hands/stub.ts",
        find: "  } catch {\n    return null;\n",
        replace:
          '  } catch (error) {\n    if (!String(error).includes("code was updated")) throw error;\n    return null;\n',
      },
    ],
    suite: "hands",
  },
];

export const STREAMS: Mutant[] = [
  {
    name: "a lost socket ends the stream",
    rule: "B17",
    edits: [
      { file: "src/api/stream/subscription.ts", find: "const REOPEN_MS = 30_000;", replace: "const REOPEN_MS = 0;" },
    ],
    suite: "streams",
  },
  {
    name: "a stream that is lost ends cleanly",
    rule: "B18",
    edits: [
      {
        file: "src/api/stream/sse.ts",
        find: "return controller.error(error);",
        replace: "return controller.close();",
      },
    ],
    suite: "streams",
  },
  {
    name: "a socket is opened again from now",
    rule: "I14",
    edits: [
      {
        file: "src/api/stream/subscription.ts",
        find: "    for (const frame of frames) this.#cursor = seqOf(frame) ?? this.#cursor;\n",
        replace: "",
      },
    ],
    suite: "streams",
  },
  {
    name: "only the newest events can be resumed at",
    rule: "B19",
    edits: [
      {
        file: "src/session/sockets/sockets.ts",
        find: "new Subscriber(want.thread, want.after ?? last, want.deltas)",
        replace: "new Subscriber(want.thread, Math.max(want.after ?? last, last - 256), want.deltas)",
      },
    ],
    suite: "streams",
  },
  {
    name: "rows that were sent are sent again",
    rule: "B14",
    edits: [
      {
        file: "src/session/sockets/sockets.ts",
        find: "page.rows.findIndex((row) => row.seq > subscriber.sent)",
        replace: "page.rows.findIndex((row) => row.seq >= subscriber.sent)",
      },
    ],
    suite: "streams",
  },
  {
    name: "a reader that is behind gets what is new",
    rule: "I14",
    edits: [
      {
        file: "src/session/sockets/sockets.ts",
        find: "if (!page || subscriber.behind) continue;",
        replace: "if (!page) continue;",
      },
    ],
    suite: "streams",
  },
  {
    name: "a preview follows its event",
    rule: "I15",
    edits: [
      {
        file: "src/session/sockets/subscriber.ts",
        find: "    if (this.#live === id) this.#live = null;\n",
        replace: "",
      },
    ],
    suite: "streams",
  },
];
