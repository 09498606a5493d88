/**
 * Code that stands for code. A pattern is TypeScript, compared by structure: layout, comments, types, parentheses, `?.` for `.`, `const` for `let`,
 * `#name` for `name` and braces around one statement make no difference. In it
 *   `$_` is anything, `$name` is anything and the same each time, and can be used in the replacement;
 *   `$$` and `$$name` are any number of arguments, statements, elements; among an object's properties it also frees their order;
 *   `$has(x)` is anything with an x somewhere inside.
 * It is one expression, one or several statements in a row (with a `;`), a `case`, or a property (`key: value`).
 */
import { childrenOf, isNode, type Node, parse } from "./syntax.ts";

export interface Pattern {
  nodes: Node[];
  kind: "expression" | "statements" | "part";
}

export type Captures = Readonly<Record<string, Node[]>>;

export interface Match {
  /** One node, or the statements of a row. */
  nodes: Node[];
  captures: Captures;
}

/** Syntax that says nothing about what runs. */
const WRAPPERS = [
  "ParenthesizedExpression",
  "TSAsExpression",
  "TSNonNullExpression",
  "TSSatisfiesExpression",
  "ChainExpression",
];
const TYPES = ["typeAnnotation", "typeParameters", "typeArguments", "returnType", "superTypeArguments", "implements"];
/** Fields that are no nodes and count; a declaration's `kind` does not. */
const COUNTED = ["name", "operator", "value", "computed", "prefix"];

export function parsePattern(text: string): Pattern {
  const inFunction = (body: string) => bodyOf(parse(`async function* f() { ${body} }`));
  if (/^(case\b|default\s*:)/.test(text)) {
    const [statement] = inFunction(`switch (0) { ${text} }`);
    return { nodes: nodesIn(statement?.cases), kind: "part" };
  }
  const [object] = /^("[^"]*"|[\w$]+)\s*:/.test(text) ? inFunction(`({ ${text} });`) : [];
  if (object) return { nodes: nodesIn(bare(childrenOf(object)[0] as Node).properties), kind: "part" };
  const [value] = text.startsWith("{") ? inFunction(`(${text});`) : [];
  const nodes = value ? [value] : inFunction(text.endsWith(";") || text.endsWith("}") ? text : `${text};`);
  const isExpression = nodes[0]?.type === "ExpressionStatement" && !text.endsWith(";");
  return isExpression ? { nodes: childrenOf(nodes[0] as Node), kind: "expression" } : { nodes, kind: "statements" };
}

/** Every place that the pattern fits, `root` itself included. */
export function findAll({ nodes }: Pattern, root: Node, captures: Captures): Match[] {
  const [first] = nodes;
  if (!first) return [];
  const single = nodes.length === 1;
  const found: Match[] = [];
  const visit = (node: Node) => {
    const known = single && match(first, node, captures);
    if (known) found.push({ nodes: [node], captures: known });
    const list = single ? [] : [node.body, node.consequent].flatMap(nodesIn);
    for (const i of list.keys()) {
      const run = matchList(nodes, list.slice(i), captures, false);
      if (run) found.push({ nodes: list.slice(i, i + run.used), captures: run.captures });
    }
    for (const child of childrenOf(node)) visit(single ? bare(child) : child);
  };
  visit(single ? bare(root) : root);
  return found;
}

function match(pattern: Node, node: Node, captures: Captures): Captures | null {
  const [wanted, given] = [bare(pattern), bare(node)];
  const hole = nameOf(wanted)?.match(/^\$(?!\$)(\w+)$/)?.[1];
  if (hole !== undefined) return bind(captures, hole, [given]);
  const inner =
    wanted.type === "CallExpression" && nameOf(wanted.callee) === "$has" ? nodesIn(wanted.arguments)[0] : null;
  if (inner) return within(inner, given, captures);
  if (wanted.type === "BlockStatement") {
    const statements = given.type === wanted.type ? nodesIn(given.body) : [given];
    return matchList(nodesIn(wanted.body), statements, captures, true)?.captures ?? null;
  }
  if (wanted.type !== given.type) return null;
  let known: Captures | null = captures;
  for (const key of new Set([...Object.keys(wanted), ...Object.keys(given)])) {
    if (known && !TYPES.includes(key)) known = matchField(key, wanted[key], given[key], known);
  }
  return known;
}

function matchField(key: string, wanted: unknown, given: unknown, captures: Captures): Captures | null {
  if (isNode(wanted) || isNode(given)) return isNode(wanted) && isNode(given) ? match(wanted, given, captures) : null;
  if (!Array.isArray(wanted) || !Array.isArray(given))
    return !COUNTED.includes(key) || plain(wanted) === plain(given) ? captures : null;
  const [parts, list] = [nodesIn(wanted), nodesIn(given)];
  const named = parts.filter((part) => gapOf(part) === null);
  const gap = parts.find((part) => !named.includes(part));
  if (key !== "properties" || !gap) return matchList(parts, list, captures, true)?.captures ?? null;
  return matchSome(named, gap, list, captures);
}

/** The patterns in their order. `whole`: nothing may be left over. */
function matchList(
  [first, ...rest]: Node[],
  given: Node[],
  captures: Captures,
  whole: boolean,
): { captures: Captures; used: number } | null {
  if (!first) return whole && given.length > 0 ? null : { captures, used: 0 };
  const gap = gapOf(first);
  for (let used = gap === null ? 1 : 0; used <= (gap === null ? 1 : given.length); used++) {
    const taken = given.slice(0, used);
    if (taken.length < used) return null;
    const known = gap === null ? match(first, taken[0] as Node, captures) : bind(captures, gap, taken);
    const after = known && matchList(rest, given.slice(used), known, whole);
    if (after) return { captures: after.captures, used: used + after.used };
  }
  return null;
}

/** Properties in any order; the gap takes the others. */
function matchSome([first, ...rest]: Node[], gap: Node, given: Node[], captures: Captures): Captures | null {
  if (!first) return bind(captures, gapOf(gap) ?? "", given);
  for (const node of given) {
    const known = match(first, node, captures);
    const left = given.filter((one) => one !== node);
    const all = known && matchSome(rest, gap, left, known);
    if (all) return all;
  }
  return null;
}

function within(pattern: Node, node: Node, captures: Captures): Captures | null {
  const known = match(pattern, node, captures);
  if (known) return known;
  for (const child of childrenOf(node)) {
    const inside = within(pattern, child, captures);
    if (inside) return inside;
  }
  return null;
}

function bind(captures: Captures, name: string, nodes: Node[]): Captures | null {
  const known = captures[name];
  if (name === "_" || name === "") return captures;
  if (!known) return { ...captures, [name]: nodes };
  return matchList(known, nodes, {}, true) ? captures : null;
}

/** The node that counts: without what only wraps it, `#name` as `name`. */
function bare(node: Node): Node {
  const [only, ...more] = node.type === "BlockStatement" ? nodesIn(node.body) : [];
  const inner =
    only && more.length === 0 && gapOf(only) === null
      ? only
      : WRAPPERS.includes(node.type) || isHole(node)
        ? node.expression
        : null;
  if (isNode(inner)) return bare(inner);
  return node.type === "PrivateIdentifier" ? { ...node, type: "Identifier" } : node;
}

/** A `$name;` stands for a statement. */
function isHole(node: Node): boolean {
  return node.type === "ExpressionStatement" && /^\$(?!\$)/.test(nameOf(node.expression) ?? "");
}

/** The name of a `$$name`, which may stand for a property or statement, too; null for anything else. */
function gapOf(node: Node): string | null {
  const name = nameOf(node) ?? nameOf(node.expression) ?? (node.shorthand ? nameOf(node.key) : null);
  return name?.match(/^\$\$(\w*)$/)?.[1] ?? null;
}

/** An identifier's name; null for anything else. */
export function nameOf(node: unknown): string | null {
  return isNode(node) && /^(Private)?Identifier$/.test(node.type) ? String(node.name) : null;
}

export function nodesIn(value: unknown): Node[] {
  return Array.isArray(value) ? value.filter(isNode) : [];
}

/** Statements of a program's only function. */
function bodyOf(program: Node): Node[] {
  const [only] = nodesIn(program.body);
  return isNode(only?.body) ? nodesIn(only.body.body) : [];
}

/** A literal, or a template's text. */
function plain(value: unknown): unknown {
  return typeof value === "object" && value !== null ? ("raw" in value ? value.raw : String(value)) : value;
}
