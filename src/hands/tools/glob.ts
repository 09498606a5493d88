/** `glob`: files by name, newest first (spec/core.md §5.2). */
import { directory } from "./files.ts";
import { globMatcher } from "./pattern.ts";
import { type Input, type MachineTool, ToolError, type ToolUse } from "./tool.ts";
import { type FoundFile, walkFiles } from "./walk.ts";

/** Paths of one answer. */
const GLOB_RESULTS = 200;
export const NO_MATCHES_TEXT = "no matches";

export const glob: MachineTool = {
  definition: {
    name: "glob",
    description:
      "Lists files whose path matches a pattern (*, **, ?, [abc], {a,b}), newest first, at most 200. Skips .git and node_modules.",
    input_schema: {
      type: "object",
      properties: {
        pattern: { type: "string", description: "A relative pattern, for example **/*.csv." },
        path: { type: "string", description: "The directory to look in; /workspace unless given." },
      },
      required: ["pattern"],
    },
  },
  keeps: "first",
  run: runGlob,
};

async function runGlob(input: Input, { machine, yieldController }: ToolUse): Promise<string> {
  const pattern = input.string("pattern");
  if (pattern.startsWith("/")) throw new ToolError("glob", "pattern must be relative; name the directory in path");
  if (pattern.split(/[/{},]/).includes("..")) throw new ToolError("glob", 'pattern must not contain ".."');
  const matches = globMatcher(pattern);
  if (matches === null) throw new ToolError("glob", "pattern has too many alternatives in braces");
  const root = await directory(machine, "glob", input.optionalString("path"));
  const found: FoundFile[] = [];
  for await (const file of walkFiles(machine, root, yieldController)) if (matches(file.relative)) found.push(file);
  if (found.length === 0) return NO_MATCHES_TEXT;
  found.sort((a, b) => b.stat.mtime - a.stat.mtime);
  return found
    .slice(0, GLOB_RESULTS)
    .map((file) => file.path)
    .join("\n");
}
