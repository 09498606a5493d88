/** `write`: a whole text file, atomically (spec/core.md §5.2). */
import type { Machine } from "../machine.ts";
import { absolute, failing } from "./files.ts";
import { type Input, ToolError } from "./input.ts";

export async function write(machine: Machine, input: Input): Promise<string> {
  const path = input.string("file_path");
  const bytes = new TextEncoder().encode(input.string("content", { empty: true }));
  const there = await failing("write", path, () => machine.stat(absolute(path)));
  if (there !== null && there.kind !== "file") throw new ToolError("write", `${path} is not a regular file`);
  await failing("write", path, () => machine.write(absolute(path), bytes));
  return `wrote ${bytes.length} bytes to ${path}`;
}
