/** `glob`: files by name, newest first (spec/core.md §5.2). */
import type { Machine } from "../machine.ts";
import type { Pacer } from "../yield-controller.ts";
import { directory } from "./files.ts";
import { type Input, ToolError } from "./input.ts";
import { globMatcher } from "./pattern.ts";
import { type Found, walk } from "./walk.ts";

/** Paths of one answer. */
const GLOB_RESULTS = 200;
export const NO_MATCHES_TEXT = "no matches";

export async function glob(machine: Machine, input: Input, pacer: Pacer): Promise<string> {
  const pattern = input.string("pattern");
  if (pattern.startsWith("/")) throw new ToolError("glob", "pattern must be relative; name the directory in path");
  if (pattern.split(/[/{},]/).includes("..")) throw new ToolError("glob", 'pattern must not contain ".."');
  const matches = globMatcher(pattern);
  if (matches === null) throw new ToolError("glob", "pattern has too many alternatives in braces");
  const root = await directory(machine, "glob", input.optionalString("path"));
  const found: Found[] = [];
  for await (const file of walk(machine, root, pacer)) if (matches(file.relative)) found.push(file);
  if (found.length === 0) return NO_MATCHES_TEXT;
  found.sort((a, b) => b.stat.mtime - a.stat.mtime);
  return found
    .slice(0, GLOB_RESULTS)
    .map((file) => file.path)
    .join("\n");
}
