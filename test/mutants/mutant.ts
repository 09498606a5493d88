/** One deliberate fault: exact replacements in the sources, and what must notice. */
export interface Edit {
  /** Path from the repository's root. */
  file: string;
  /** Occurs exactly once in the file. */
  find: string;
  replace: string;
}

export interface Mutant {
  name: string;
  /** The rule that it breaks: an invariant, a bug of the museum or a section. */
  rule: string;
  edits: Edit[];
  suite: SuiteName;
  /** Why nothing can notice it: the rule is kept by something else, named here. Such a mutant must survive. */
  equivalent?: string;
}

export type SuiteName = keyof typeof SUITES;

/** Test files by what they are about, quickest first: a run ends at the first test that fails. */
export const SUITES = {
  core: [
    "test/brain/decide.test.ts",
    "test/brain/turn.test.ts",
    "test/brain/usage.test.ts",
    "test/brain/budget.test.ts",
    "test/brain/toolchange.test.ts",
    "test/brain/tools.test.ts",
    "test/log/log.test.ts",
    "test/log/refused.test.ts",
    "test/log/read.test.ts",
    "test/brain/recovery.test.ts",
    "test/brain/ends.test.ts",
    "test/session/accept.test.ts",
    "test/session/repeat.test.ts",
    "test/brain/prompt.test.ts",
    "test/brain/remote.test.ts",
    "test/brain/response.test.ts",
    "test/brain/request.test.ts",
    "test/brain/prices.test.ts",
    "test/museum/queue.test.ts",
    "test/museum/history.test.ts",
    "test/museum/releases.test.ts",
    "test/museum/refusals.test.ts",
    "test/museum/ends.test.ts",
    "test/museum/idle.test.ts",
    "test/museum/deaths.test.ts",
    "test/log/list.test.ts",
    "test/sim/reopened.test.ts",
    "test/session/damaged.test.ts",
    "test/mutants/simulated.ts",
    "test/museum/cut.test.ts",
    "test/museum/spoiled.test.ts",
  ],
  models: [
    "test/brain/response.test.ts",
    "test/brain/request.test.ts",
    "test/brain/prices.test.ts",
    "test/brain/models/facts.test.ts",
    "test/brain/models/providers.test.ts",
    "test/brain/models/rehearsal.test.ts",
    "test/brain/models/open-model.test.ts",
    "test/brain/models/strict.test.ts",
    "test/brain/models/messages-api.test.ts",
  ],
  hands: ["test/hands/lazy.test.ts", "test/hands/keeper.test.ts", "test/museum/hands.test.ts"],
  streams: [
    "test/streams/sockets.test.ts",
    "test/streams/readers.test.ts",
    "test/streams/previews.test.ts",
    "test/streams/subscription.test.ts",
    "test/museum/streams.test.ts",
  ],
} as const satisfies Record<string, readonly string[]>;

/** The source with the edits of its file; throws when one does not fit exactly once. */
export function applied(source: string, edits: Edit[]): string {
  return edits.reduce((text, { file, find, replace }) => {
    const at = text.indexOf(find);
    if (at < 0) throw new Error(`${file} does not contain: ${find}`);
    if (text.indexOf(find, at + 1) >= 0) throw new Error(`${file} contains more than once: ${find}`);
    return text.slice(0, at) + replace + text.slice(at + find.length);
  }, source);
}
