/** One deliberate fault: edits of the syntax tree, addressed by function and structure, and what must notice them. */
import { findAll, type Match, nameOf, nodesIn, parsePattern } from "./pattern.ts";
import { isNode, lineOf, type Node, type Source, walk } from "./syntax.ts";

export interface Mutant {
  name: string;
  /** The rule that it breaks: an invariant, a bug of the museum or a section. */
  rule: string;
  suite: SuiteName;
  edits: Edit[];
}

/** The one place where `pattern` (pattern.ts) fits inside a function or constant of this name, in whatever file of `src/` it is. */
export interface Edit {
  /** `name`, or `Class.name` where the name alone is too common. */
  at: string;
  /** Patterns that lead there, each inside the one before. */
  inside: string[];
  pattern: string;
  /** Takes its place; `$0` is what stood there, `$name` what the pattern caught. Empty: it is removed. */
  replacement: string;
}

/** A stretch of a file and what stands there instead. */
export interface Patch {
  file: string;
  start: number;
  end: number;
  text: string;
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
    "test/hands/registry.test.ts",
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
  hands: [
    "test/hands/lazy.test.ts",
    "test/hands/call-runner.test.ts",
    "test/hands/open-calls.test.ts",
    "test/museum/hands.test.ts",
  ],
  streams: [
    "test/streams/sockets.test.ts",
    "test/streams/readers.test.ts",
    "test/streams/previews.test.ts",
    "test/streams/subscription.test.ts",
    "test/museum/streams.test.ts",
  ],
} as const satisfies Record<string, readonly string[]>;

interface Place extends Match {
  source: Source;
}

/** The sources' functions, constants and members of classes, by name; members also by `Class.name`. */
export type Names = ReadonlyMap<string, Place[]>;

export function namesOf(sources: Source[]): Names {
  const names = new Map<string, Place[]>();
  for (const source of sources) {
    const add = (node: Node, name: string | null) => {
      if (name !== null) names.set(name, [...(names.get(name) ?? []), { source, nodes: [node], captures: {} }]);
    };
    walk(source.tree, (node) => {
      const own = nameOf(node.id);
      if (node.type === "FunctionDeclaration") add(node, own);
      if (node.type === "VariableDeclaration") for (const { id } of nodesIn(node.declarations)) add(node, nameOf(id));
      if (node.type !== "ClassDeclaration" || !isNode(node.body)) return;
      for (const member of nodesIn(node.body.body)) {
        add(member, nameOf(member.key));
        add(member, `${own}.${nameOf(member.key)}`);
      }
    });
  }
  return names;
}

/** What the edit comes to. Throws unless there is exactly one place for it. */
export function patchFor({ at, inside, pattern, replacement }: Edit, names: Names): Patch {
  let places = names.get(at) ?? [];
  if (places.length === 0) throw new Error(`nothing is named ${at}`);
  for (const step of [...inside, pattern]) places = distinct(places.flatMap((place) => steps(step, place)));
  const [place] = places;
  if (!place) throw new Error(`nothing in ${at} is like: ${pattern}`);
  if (places.length > 1) {
    const where = places.map((one) => `${one.source.file}:${lineOf(one.source.text, startOf(one))}`);
    throw new Error(`${where.join(" and ")} are all like: ${pattern}`);
  }
  return {
    file: place.source.file,
    start: startOf(place),
    end: endOf(place),
    text: filled(replacement, pattern, place),
  };
}

/** The text with the patches of its file. Throws when two of them meet. */
export function patched(text: string, patches: Patch[]): string {
  return patches
    .toSorted((a, b) => b.start - a.start)
    .reduce((rest, { file, start, end, text: by }, i, all) => {
      if (i > 0 && end > (all[i - 1] as Patch).start) throw new Error(`two edits meet in ${file}`);
      return rest.slice(0, start) + by + rest.slice(end);
    }, text);
}

const startOf = ({ nodes }: Match) => (nodes[0] as Node).start;
const endOf = ({ nodes }: Match) => (nodes.at(-1) as Node).end;

function steps(pattern: string, { source, nodes, captures }: Place): Place[] {
  return nodes.flatMap((node) => findAll(parsePattern(pattern), node, captures).map((found) => ({ source, ...found })));
}

function distinct(places: Place[]): Place[] {
  const same = (one: Place) => (other: Place) =>
    one.source === other.source && startOf(one) === startOf(other) && endOf(one) === endOf(other);
  return places.filter((place, i) => places.findIndex(same(place)) === i);
}

/** Syntax that could fall apart where it is put. */
const LOOSE = /^(Conditional|Binary|Logical|Await|ArrowFunction|Unary|Assignment|Yield|Sequence)Expression$/;

function filled(replacement: string, pattern: string, { source, nodes, captures }: Place): string {
  const known: Match["captures"] = { ...captures, 0: nodes };
  const textOf = (node: Node) => {
    const text = source.text.slice(node.start, node.end);
    return LOOSE.test(node.type) ? `(${text})` : text;
  };
  const text = replacement.replace(/\$\$?(\w+)/g, (_, name: string) => {
    const caught = known[name];
    if (!caught) throw new Error(`${pattern} catches no $${name}`);
    return caught.map(textOf).join(caught.every(({ type }) => /(Statement|Declaration)$/.test(type)) ? "\n" : ", ");
  });
  const { kind } = parsePattern(pattern);
  return kind === "expression" ? `(${text})` : text || (kind === "statements" ? ";" : "");
}
