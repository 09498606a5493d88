/** `write`: a whole text file, atomically (spec/core.md §5.2). */
import { absolute, failing, PATHS_TEXT } from "./files.ts";
import { type Input, type MachineTool, ToolError, type ToolUse } from "./tool.ts";

export const write: MachineTool = {
  definition: {
    name: "write",
    description: `Writes a whole UTF-8 text file, making its parent directories and replacing what was there. ${PATHS_TEXT}`,
    input_schema: {
      type: "object",
      properties: {
        file_path: { type: "string", description: "The file's path." },
        content: { type: "string", description: "The file's entire new content." },
      },
      required: ["file_path", "content"],
    },
  },
  keeps: "first",
  run: runWrite,
};

async function runWrite(input: Input, { machine }: ToolUse): Promise<string> {
  const path = input.string("file_path");
  const bytes = new TextEncoder().encode(input.string("content", { empty: true }));
  const there = await failing("write", path, () => machine.stat(absolute(path)));
  if (there !== null && there.kind !== "file") throw new ToolError("write", `${path} is not a regular file`);
  await failing("write", path, () => machine.write(absolute(path), bytes));
  return `wrote ${bytes.length} bytes to ${path}`;
}
