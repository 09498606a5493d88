/** `edit`: replaces literal text in a file (spec/core.md §5.2). */
import { absolute, FILE_LIMIT_BYTES, failing, PATHS_TEXT, regularFile } from "./files.ts";
import { type Input, type MachineTool, ToolError, type ToolUse } from "./tool.ts";

export const edit: MachineTool = {
  definition: {
    name: "edit",
    description: `Replaces an exact piece of text in a file. The piece has to occur once, unless replace_all is true. ${PATHS_TEXT}`,
    input_schema: {
      type: "object",
      properties: {
        file_path: { type: "string", description: "The file's path." },
        old_string: {
          type: "string",
          description: "The text to replace, exactly as it stands in the file, spaces and line ends included.",
        },
        new_string: { type: "string", description: "The text to put in its place." },
        replace_all: { type: "boolean", description: "Replace every occurrence." },
      },
      required: ["file_path", "old_string", "new_string"],
    },
  },
  keeps: "first",
  run: runEdit,
};

async function runEdit(input: Input, { machine }: ToolUse): Promise<string> {
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
