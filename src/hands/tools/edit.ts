/** `edit`: replaces literal text in a file (spec/core.md §5.2). */
import type { Machine } from "../machine.ts";
import { absolute, FILE_LIMIT_BYTES, failing, regularFile } from "./files.ts";
import { type Input, ToolError } from "./input.ts";

export async function edit(machine: Machine, input: Input): Promise<string> {
  const path = input.string("file_path");
  const before = input.string("old_string");
  const after = input.string("new_string", { empty: true });
  const everywhere = input.flag("replace_all");
  const { size } = await regularFile(machine, "edit", path);
  if (size > FILE_LIMIT_BYTES) {
    throw new ToolError(
      "edit",
      `${path} has ${size} bytes, more than the ${FILE_LIMIT_BYTES} that edit takes; change it with bash`,
    );
  }
  const text = utf8(path, await failing("edit", path, () => machine.read(absolute(path))));
  const parts = text.split(before);
  const count = parts.length - 1;
  if (count === 0) throw new ToolError("edit", `old_string not found in ${path}`);
  if (count > 1 && !everywhere) {
    throw new ToolError(
      "edit",
      `old_string occurs ${count} times in ${path}; make it longer so that it is unique, or set replace_all`,
    );
  }
  await failing("edit", path, () => machine.write(absolute(path), new TextEncoder().encode(parts.join(after))));
  return `edited ${path}: ${count} ${count === 1 ? "replacement" : "replacements"}`;
}

/** Bytes that are not UTF-8 would come back changed where nothing was edited, so such a file is refused. */
function utf8(path: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new ToolError("edit", `${path} is not UTF-8 text`);
  }
}
