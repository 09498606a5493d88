/** The sources as syntax trees (ESTree with types), and what tests need to walk them. */
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseAst } from "vitest/node";
import { ROOT } from "../../src/cli/root.ts";

export interface Node {
  type: string;
  start: number;
  end: number;
  [key: string]: unknown;
}

export interface Source {
  /** Path from the repository's root. */
  file: string;
  text: string;
  tree: Node;
}

/** Throws on text that is no program. */
export function parse(text: string): Node {
  const tree: unknown = parseAst(text, { lang: "ts" });
  if (!isNode(tree)) throw new Error("the parser gave no tree");
  return tree;
}

/** Every TypeScript file below these folders, in the order of their paths. */
export function readSources(...folders: string[]): Source[] {
  return folders.flatMap((folder) =>
    readdirSync(resolve(ROOT, folder), { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".ts"))
      .toSorted()
      .map((path) => sourceOf(join(folder, path), readFileSync(resolve(ROOT, folder, path), "utf8"))),
  );
}

export function sourceOf(file: string, text: string): Source {
  return { file: file.replaceAll("\\", "/"), text, tree: parse(text) };
}

export function isNode(value: unknown): value is Node {
  return (
    typeof value === "object" &&
    value !== null &&
    "type" in value &&
    typeof value.type === "string" &&
    "start" in value &&
    typeof value.start === "number"
  );
}

export function childrenOf(node: Node): Node[] {
  return Object.values(node).flatMap((value) => (Array.isArray(value) ? value : [value]).filter(isNode));
}

export function walk(node: Node, visit: (node: Node) => void): void {
  visit(node);
  for (const child of childrenOf(node)) walk(child, visit);
}

export function lineOf(text: string, at: number): number {
  return text.slice(0, at).split("\n").length;
}
