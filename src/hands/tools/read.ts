/** `read`: a text file, whole or by lines (spec/core.md §5.2). */
import { absolute, FILE_LIMIT_BYTES, failing, PATHS_TEXT, regularFile } from "./files.ts";
import { type Input, type MachineTool, ToolError, type ToolUse } from "./tool.ts";

const NEWLINE = 10;

export const read: MachineTool = {
  definition: {
    name: "read",
    description: `Reads a UTF-8 text file. ${PATHS_TEXT} Files above 256 KiB need view_range.`,
    input_schema: {
      type: "object",
      properties: {
        file_path: { type: "string", description: "The file's path." },
        view_range: {
          type: "array",
          items: { type: "integer" },
          minItems: 2,
          maxItems: 2,
          description:
            "First and last line to show, counted from 1; a last line of 0 or less means the end of the file.",
        },
      },
      required: ["file_path"],
    },
  },
  keeps: "first",
  source: (input) => input.string("file_path"),
  run: runRead,
};

async function runRead(input: Input, { machine }: ToolUse): Promise<string> {
  const path = input.string("file_path");
  const range = input.range("view_range");
  const { size } = await regularFile(machine, "read", path);
  if (range === undefined && size > FILE_LIMIT_BYTES) {
    throw new ToolError(
      "read",
      `${path} has ${size} bytes, more than the ${FILE_LIMIT_BYTES} of one answer; ask for lines, for example view_range [1, 500]`,
    );
  }
  const bytes = await failing("read", path, () => machine.read(absolute(path)));
  const shown = range === undefined ? bytes : lines(bytes, ...range);
  if (shown.length > FILE_LIMIT_BYTES) {
    throw new ToolError(
      "read",
      `view_range of ${path} has ${shown.length} bytes, more than ${FILE_LIMIT_BYTES}; ask for fewer lines`,
    );
  }
  return new TextDecoder().decode(shown);
}

/** The bytes of lines `first` to `last`, counted from 1 and inclusive, without the last line's own end. */
function lines(bytes: Uint8Array, first: number, last: number): Uint8Array {
  let line = 1;
  let start = first <= 1 ? 0 : -1;
  for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, at + 1)) {
    if (last > 0 && line === last) return start === -1 ? bytes.subarray(0, 0) : bytes.subarray(start, at);
    line++;
    if (start === -1 && line === first) start = at + 1;
  }
  return start === -1 || (last > 0 && last < first) ? bytes.subarray(0, 0) : bytes.subarray(start);
}
