/** Mutations that nobody chose: a statement less, two in the other order, an `await` less, a condition turned round. A seed gives the same ones. */
import { Random } from "../sim/random.ts";
import type { Patch, SuiteName } from "./mutant.ts";
import { nameOf } from "./pattern.ts";
import { lineOf, type Node, readSources, type Source, walk } from "./syntax.ts";

export type Kind = "delete" | "swap" | "await" | "negate";

export interface Mutation {
  kind: Kind;
  file: string;
  line: number;
  /** The innermost function or method around it. */
  at: string;
  /** What it does, in the source's own words. */
  what: string;
  suite: SuiteName;
  patches: Patch[];
}

const ROOMS = ["src/log", "src/brain"];
/** Statements whose absence changes what runs; a declaration that is missing is found by the compiler. */
const DELETED = [
  "ExpressionStatement",
  "IfStatement",
  "ReturnStatement",
  "ForOfStatement",
  "BreakStatement",
  "ThrowStatement",
  "ContinueStatement",
];
const SWAPPED = ["ExpressionStatement", "IfStatement", "ForOfStatement", "VariableDeclaration"];
const SHOWN_CHARS = 90;

export function everyMutation(): Mutation[] {
  return readSources(...ROOMS).flatMap(mutationsOf);
}

/** `count` of them, or as many as there are. */
export function drawn(all: readonly Mutation[], seed: number, count: number): Mutation[] {
  const random = new Random(seed);
  const left = [...all];
  const taken: Mutation[] = [];
  while (taken.length < count && left.length > 0) taken.push(...left.splice(random.below(left.length), 1));
  return taken;
}

function mutationsOf({ file, text: source, tree }: Source): Mutation[] {
  const found: Mutation[] = [];
  const suite: SuiteName = /^src\/brain\/(models\/|providers)/.test(file) ? "models" : "core";
  const owners: { name: string; start: number; end: number }[] = [];
  walk(tree, ({ type, id, key, start, end }) => {
    const name = type === "FunctionDeclaration" ? nameOf(id) : type === "MethodDefinition" ? nameOf(key) : null;
    if (name !== null) owners.push({ name, start, end });
  });
  const add = (kind: Kind, start: number, end: number, by: string, what: string) => {
    const at = owners.findLast((one) => one.start <= start && end <= one.end)?.name ?? "";
    const said = what.replace(/\s+/g, " ").slice(0, SHOWN_CHARS);
    found.push({
      kind,
      file,
      line: lineOf(source, start),
      at,
      what: said,
      suite,
      patches: [{ file, start, end, text: by }],
    });
  };
  const text = (node: Node) => source.slice(node.start, node.end);
  walk(tree, (node) => {
    for (const list of bodiesOf(node)) {
      for (const [i, one] of list.entries()) {
        if (DELETED.includes(one.type)) add("delete", one.start, one.end, "", text(one));
        const next = list[i + 1];
        if (!next || !SWAPPED.includes(one.type) || !SWAPPED.includes(next.type)) continue;
        const both = `${text(next)}${source.slice(one.end, next.start)}${text(one)}`;
        add("swap", one.start, next.end, both, `${text(one)} <> ${text(next)}`);
      }
    }
    if (node.type === "AwaitExpression") add("await", node.start, (node.argument as Node).start, "", text(node));
    if (node.type === "IfStatement" || node.type === "ConditionalExpression") {
      const test = node.test as Node;
      add("negate", test.start, test.end, `!(${text(test)})`, text(test));
    }
  });
  return found;
}

/** Lists of statements inside functions. */
function bodiesOf(node: Node): Node[][] {
  if (node.type === "BlockStatement") return [node.body as Node[]];
  return node.type === "SwitchCase" ? [node.consequent as Node[]] : [];
}
