/** Rules that the specification marks as inferred: in the sources they carry `@inferred`, with what was chosen. */
import { readdir, readFile } from "node:fs/promises";
import { resolve } from "node:path";

const SRC = resolve(import.meta.dirname, "../../../src");

export interface Inferred {
  file: string;
  /** The line, trimmed. */
  text: string;
}

/** One per tag, in the order of the files. */
export async function inferred(): Promise<Inferred[]> {
  const files = (await readdir(SRC, { recursive: true })).filter((name) => name.endsWith(".ts")).sort();
  const found = await Promise.all(
    files.map(async (file) => tagsOf(await readFile(resolve(SRC, file), "utf8")).map((text) => ({ file, text }))),
  );
  return found.flat();
}

/** The lines that carry a tag. */
export function tagsOf(source: string): string[] {
  return source
    .split("\n")
    .filter((line) => /@inferred\b/.test(line))
    .map((line) => line.trim());
}
