/**
 * Every way out of an instance, by name. A crash can fall before and after each of them; nothing else can be seen from outside, so nothing
 * else needs a name. A commit is named by what it says, so that the table shows which intent or outcome was at stake.
 */
export const COMMITS = [
  "commit.create",
  "commit.boot",
  "commit.post",
  "commit.request",
  "commit.provision",
  "commit.response",
  "commit.failure",
  "commit.result",
  "commit.update",
  "commit.archive",
  "commit.delete",
  "commit.erase",
  "commit.timers",
] as const;
export const EFFECTS = [
  "model.request",
  "hand.warm",
  "hand.execute",
  "hand.cancel",
  "hand.remove",
  "db.write",
  "bucket.delete",
  "reply",
] as const;
export const READS = ["db.read", "bucket.read"] as const;

export const LABELS = [...COMMITS, ...EFFECTS, ...READS];
export type Label = (typeof LABELS)[number];
/** What is called there may fail, and say so. */
export const NEIGHBOURS: readonly Label[] = ["db.read", "db.write", "bucket.delete", "hand.remove"];
export type When = "before" | "after";

/** What a crash there can have left behind. */
export function classOf(label: Label, when: When): "pre-durable" | "ambiguous" | "post-durable" | "read-only" {
  if ((READS as readonly string[]).includes(label)) return "read-only";
  if ((COMMITS as readonly string[]).includes(label)) return when === "before" ? "pre-durable" : "post-durable";
  return "ambiguous";
}

/** The instance is gone: thrown through its stack, and by everything it still tries to do. */
export class Crash extends Error {
  constructor() {
    // Nobody reads where it was thrown, and finding that out costs more than the rest of it.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super("the instance is gone");
    Error.stackTraceLimit = stackTraceLimit;
    this.name = "Crash";
  }
}

/** A failure that the schedule has brought about: by its name it is told from one that nobody meant. */
export class Injected extends Error {
  override readonly name = "Injected";
}

/** Names a commit by the rows that it wrote. */
export function commitLabel(types: readonly string[], touched: ReadonlySet<string>): Label {
  const has = (...wanted: string[]) => types.some((type) => wanted.includes(type));
  if (touched.has("erase")) return "commit.erase";
  if (touched.has("create")) return "commit.create";
  if (has("x.deleting")) return "commit.delete";
  if (has("x.archived")) return "commit.archive";
  if (has("session.updated")) return "commit.update";
  if (touched.has("post") || has("x.duplicate_suppressed")) return "commit.post";
  if (has("span.model_request_end"))
    return has("session.error", "session.status_rescheduled") ? "commit.failure" : "commit.response";
  if (types.some((type) => type.endsWith("tool_result"))) return "commit.result";
  if (has("x.provision")) return "commit.provision";
  if (has("span.model_request_start")) return "commit.request";
  if (touched.has("boot")) return "commit.boot";
  return "commit.timers";
}
