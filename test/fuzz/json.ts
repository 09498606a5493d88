/** JSON as a tree that can be wrong: keys twice, keys and values that are any text. A valid value becomes a nearly valid one. */
import fc from "fast-check";
import { RAW_KEYS, RAW_VALUES } from "./words.ts";

/** `text` is written as it stands; keys are text too. */
export type Node = { text: string } | { items: Node[] } | { members: [key: string, value: Node][] };

export interface Edit {
  kind: "replace" | "drop" | "double" | "rename" | "add" | "wrap" | "nest" | "swap" | "repeat";
  /** Chooses a place, modulo how many there are. */
  place: number;
  key: string;
  value: string;
}

export function treeOf(value: unknown): Node {
  if (Array.isArray(value)) return { items: value.map(treeOf) };
  if (typeof value !== "object" || value === null) return { text: JSON.stringify(value) };
  return { members: Object.entries(value).map(([key, inner]) => [JSON.stringify(key), treeOf(inner)]) };
}

export function textOf(node: Node): string {
  if ("text" in node) return node.text;
  if ("items" in node) return `[${node.items.map(textOf).join(",")}]`;
  return `{${node.members.map(([key, value]) => `${key}:${textOf(value)}`).join(",")}}`;
}

/** The JSON text of `value` after the edits, in order. */
export function edited(value: unknown, edits: readonly Edit[]): string {
  const root: Node = { items: [treeOf(value)] };
  for (const edit of edits) apply(root, edit);
  return root.items.map(textOf).join(",");
}

/** A value's place: the list that holds it, and where in it. */
type Place = { parent: Node; index: number };

function places(node: Node, into: Place[] = []): Place[] {
  const children = "items" in node ? node.items : "members" in node ? node.members.map(([, value]) => value) : [];
  children.forEach((child, index) => {
    into.push({ parent: node, index });
    places(child, into);
  });
  return into;
}

const NESTED = 40;
const REPEATED = 60;

function apply(root: Node, { kind, place, key, value }: Edit): void {
  const all = places(root);
  const at = all[place % Math.max(1, all.length)];
  if (!at) return;
  const { parent, index } = at;
  const old = get(at);
  if (kind === "replace") set(at, { text: value });
  if (kind === "swap") set(at, get(all[(place * 7 + 3) % all.length] as Place));
  if (kind === "wrap") set(at, { items: [old] });
  if (kind === "nest") set(at, nested(old, key));
  if (kind === "add") add(old, key, value);
  if ("items" in parent) {
    if (kind === "drop") parent.items.splice(index, 1);
    if (kind === "double") parent.items.splice(index, 0, old);
    if (kind === "repeat" && parent !== root) parent.items.splice(index, 0, ...Array<Node>(REPEATED).fill(old));
  } else if ("members" in parent) {
    if (kind === "drop") parent.members.splice(index, 1);
    if (kind === "double") parent.members.push([parent.members[index]?.[0] ?? key, { text: value }]);
    if (kind === "rename") parent.members[index] = [key, old];
  }
}

function nested(node: Node, key: string): Node {
  let outer = node;
  for (let i = 0; i < NESTED; i++) outer = { members: [[key, outer]] };
  return outer;
}

function add(node: Node, key: string, value: string): void {
  if ("members" in node) node.members.push([key, { text: value }]);
  else if ("items" in node) node.items.push({ text: value });
}

function get({ parent, index }: Place): Node {
  if ("items" in parent) return parent.items[index] as Node;
  return ("members" in parent ? parent.members[index]?.[1] : undefined) ?? { text: "null" };
}

function set(at: Place, node: Node): void {
  // Copied: a swap may put a node below itself.
  const copy = structuredClone(node);
  if ("items" in at.parent) at.parent.items[at.index] = copy;
  else if ("members" in at.parent) at.parent.members[at.index] = [at.parent.members[at.index]?.[0] ?? '""', copy];
}

/** Any text, as a JSON literal. */
const literal = fc.string({ unit: "binary", maxLength: 40 }).map((text) => JSON.stringify(text));
const rawValue = fc.oneof(
  { arbitrary: fc.constantFrom(...RAW_VALUES), weight: 4 },
  { arbitrary: literal, weight: 1 },
  { arbitrary: fc.double().map(String), weight: 1 },
  { arbitrary: fc.json({ maxDepth: 3, stringUnit: "binary" }), weight: 1 },
);

export const anEdit: fc.Arbitrary<Edit> = fc.record({
  kind: fc.constantFrom(
    "replace",
    "replace",
    "replace",
    "drop",
    "double",
    "rename",
    "add",
    "wrap",
    "nest",
    "swap",
    "repeat",
  ),
  place: fc.nat(500),
  key: fc.oneof(fc.constantFrom(...RAW_KEYS), literal),
  value: rawValue,
});
