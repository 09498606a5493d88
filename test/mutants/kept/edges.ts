/** Mutants of the hand's journal and of the streams. */
import type { Edit, Mutant } from "../mutant.ts";

const runner = (find: string, replace: string): Edit => ({
  file: "src/hands/sandbox/call-runner.ts",
  find,
  replace,
});
const ADMIT = runner("    if (epoch < this.#epoch) return false;\n", "");
const RECORDED = runner("    if (recorded !== null) {\n", "    if (recorded !== null && call.epoch < 0) {\n");
const RUNNING = runner("    if (running.epoch < this.#epoch) return STALE;\n", "");

export const HANDS: Mutant[] = [
  {
    name: "a call that the session has settled goes on",
    rule: "C30",
    edits: [runner("if (!open.keys.includes(other)) cancel.abort();", "if (open.at < 0) cancel.abort();")],
    suite: "hands",
  },
  {
    name: "a forgotten call is run when it comes late",
    rule: "§2.2",
    edits: [runner("return this.#open.keys.includes(key);", "return true;")],
    suite: "hands",
  },
  {
    name: "the journal is not pruned",
    rule: "§2.2",
    edits: [runner("if (this.#open.at > 0) this.#journal.keepOnly(this.#open);", "")],
    suite: "hands",
  },
  { name: "no hand cache", rule: "I7", edits: [RECORDED], suite: "hands" },
  { name: "no hand fence", rule: "I8", edits: [ADMIT], suite: "hands" },
  { name: "a replaced caller's queued call is started", rule: "I8", edits: [RUNNING], suite: "hands" },
  { name: "no hand fence at either place", rule: "I8", edits: [ADMIT, RUNNING], suite: "hands" },
  {
    name: "no attaching to a running call",
    rule: "B6",
    edits: [
      runner(
        "    if (running === undefined) return this.#start(call);\n",
        "    if (running === undefined || call.epoch > 0) return this.#start(call);\n",
      ),
    ],
    suite: "hands",
  },
  {
    name: "another digest gets the old bytes",
    rule: "§2.2",
    edits: [runner("const same = recorded.digest === null || recorded.digest === call.digest;", "const same = true;")],
    suite: "hands",
  },
  {
    name: "what a command changed is kept before its outcome",
    rule: "B24",
    edits: [
      {
        file: "src/hands/machines/isolate/machine.ts",
        find: "      disk.load();\n",
        replace: "      disk.commit(() => {});\n      disk.load();\n",
      },
    ],
    suite: "hands",
  },
  {
    name: "a cancelled call that has not come yet is run",
    rule: "C29",
    edits: [runner("    else this.#journal.record(key, null, errorResult(INTERRUPTED_BEFORE_TEXT));\n", "")],
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
          "    .catch(() => ports.hand.execute({ key: [ports.sessionId, call.id, 2].join(), hand, name, input, digest: call.digest, epoch: ports.log.epoch, deadline: ports.now() }))\n    .catch(refusedOrUnknown);\n",
      },
    ],
    suite: "hands",
  },
  {
    name: "a machine per attempt",
    rule: "B23",
    edits: [
      {
        file: "src/hands/sandbox/client.ts",
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
        file: "src/hands/sandbox/client.ts",
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
    edits: [{ file: "src/api/feed.ts", find: "const REOPEN_MS = 30_000;", replace: "const REOPEN_MS = 0;" }],
    suite: "streams",
  },
  {
    name: "a stream that is lost ends cleanly",
    rule: "B18",
    edits: [
      {
        file: "src/api/sse.ts",
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
        file: "src/api/feed.ts",
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
        file: "src/session/sockets.ts",
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
        file: "src/session/sockets.ts",
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
        file: "src/session/sockets.ts",
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
      { file: "src/session/socketSubscriber.ts", find: "    if (this.#live === id) this.#live = null;\n", replace: "" },
    ],
    suite: "streams",
  },
];
