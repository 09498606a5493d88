/** Random mutations that nothing notices, and why nothing has to. */
import type { Mutation } from "./random.ts";

interface Survivor {
  file: string;
  kind: Mutation["kind"];
  /** How the mutated text begins. */
  what: string;
  reason: string;
}

const SURVIVORS: Survivor[] = [
  {
    file: "src/brain/models/anthropic.ts",
    kind: "swap",
    what: "let ended: Ended",
    reason: "a declaration that is read by a function called later",
  },
  {
    file: "src/brain/models/anthropic.ts",
    kind: "swap",
    what: "if (request.signal.aborted) abort();",
    reason: "what was aborted before is ended in either order, and the timer is cleared in the end",
  },
  {
    file: "src/brain/groups.ts",
    kind: "swap",
    what: 'b.add("session.status_terminated");',
    reason: "rows and timers of a batch do not meet before its commit",
  },
  {
    file: "src/brain/groups.ts",
    kind: "swap",
    what: "delete b.timers.turn; <> b.timers.retry",
    reason: "two timers of their own",
  },
  {
    file: "src/brain/groups.ts",
    kind: "swap",
    what: 'b.add("session.status_idle", { body: status }); <> delete',
    reason: "rows and timers of a batch do not meet before its commit",
  },
  {
    file: "src/log/log.ts",
    kind: "negate",
    what: "this.#random",
    reason: "whose chance makes the ids is the simulator's concern; ids are opaque",
  },
  {
    file: "src/log/log.ts",
    kind: "swap",
    what: "this.state = batch.state; <> this.inbox",
    reason: "two fields that nobody reads in between",
  },
  {
    file: "src/log/log.ts",
    kind: "swap",
    what: "this.#snapSeq = this.state.seq; <> for",
    reason: "the next snapshot comes up to 64 rows later; it is a cache",
  },
  {
    file: "src/log/log.ts",
    kind: "swap",
    what: "if ((meta.min_reader as number) > SCHEMA_VERSION)",
    reason: "an instance that throws here is closed and reads nothing more",
  },
  {
    file: "src/log/snapshot.ts",
    kind: "delete",
    what: "return null;",
    reason: "undefined is as good as null to the ?? that reads it",
  },
  {
    file: "src/brain/models/block.ts",
    kind: "swap",
    what: "if (!this.stopped) return null; <> if",
    reason: "both give the same answer",
  },
  {
    file: "src/brain/prompt.ts",
    kind: "swap",
    what: "const ahead = this.#begin(); <> let remote",
    reason: "two declarations of their own",
  },
  {
    file: "src/brain/prompt.ts",
    kind: "swap",
    what: "if (this.#newest === null) return",
    reason: "the second reads more than it needs, and the first still decides",
  },
  {
    file: "src/brain/perform.ts",
    kind: "swap",
    what: 'if (preview.kind === "start")',
    reason: "the second is a declaration that the first does not read",
  },
  {
    file: "src/brain/perform.ts",
    kind: "swap",
    what: "if (b.rows.length === 0) return false; <> ports.commit(b);",
    reason: "an empty commit costs a write and changes nothing",
  },
  {
    file: "src/log/write.ts",
    kind: "swap",
    what: "for (const row of batch.rows)",
    reason: "rows and posts are two tables of one transaction",
  },
  {
    file: "src/log/list.ts",
    kind: "swap",
    what: "this.#bytes += size; <> if (wanted)",
    reason: "two counters of their own",
  },
  {
    file: "src/log/list.ts",
    kind: "swap",
    what: "for (const row of top === null",
    reason: "the second is a declaration that the first does not read",
  },
  {
    file: "src/brain/models/failures.ts",
    kind: "swap",
    what: "if (status >= 500",
    reason: "the two conditions exclude each other",
  },
  {
    file: "src/brain/request.ts",
    kind: "swap",
    what: "if (dropBlock && facts?.thinking",
    reason: "the order of two betas is free as long as it stays",
  },
];

export function reasonFor({ file, kind, what }: Mutation): string | null {
  const known = SURVIVORS.find((one) => one.file === file && one.kind === kind && what.startsWith(one.what));
  return known?.reason ?? null;
}
