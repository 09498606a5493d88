/**
 * One use of a machine's tool: checks the input, runs the tool, shapes its text. Written once for all machines.
 *
 * What reaches the model is never empty (`(no output)`), and never above SPILL_CHARACTERS: a longer text is written to a file in the sandbox, and
 * the model gets a preview and the path (spec/core.md §5.1). That rule comes before bash's own 100 KiB cap (§5.2), which is left for texts whose
 * characters are few but whose bytes are many. `bash` previews its end, the others their start; `read` names the file it read instead of a copy.
 */
import type { Result } from "../hand.ts";
import { tail } from "./output.ts";
import { Input, type MachineTool, ToolError, type ToolUse } from "./tool.ts";

/** Characters of a result; and of the preview that stands for a longer one. */
const SPILL_CHARACTERS = 100_000;
const PREVIEW_CHARACTERS = 10_000;
const SPILL_FOLDER = "/tmp/tool_outputs";
const NO_OUTPUT_TEXT = "(no output)";

/** Never rejects for what the model asked; only when the machine itself fails. */
export async function runTool(
  tools: readonly MachineTool[],
  name: string,
  fields: unknown,
  use: ToolUse,
): Promise<Result> {
  const tool = tools.find((one) => one.definition.name === name);
  if (tool === undefined) return result(`${name}: there is no such tool in the sandbox`, true);
  let input: Input | null = null;
  try {
    input = new Input(name, fields);
    return result(await shorten(tool, input, await tool.run(input, use), use), false);
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    return result(input === null ? error.message : await shorten(tool, input, error.message, use), true);
  }
}

/** Half a surrogate pair, from a cut or from the shell, would make a prompt that no model ever takes again. */
function result(text: string, isError: boolean): Result {
  return { content: [{ type: "text", text: text.trim() === "" ? NO_OUTPUT_TEXT : text.toWellFormed() }], isError };
}

async function shorten(tool: MachineTool, input: Input, text: string, use: ToolUse): Promise<string> {
  if (text.length <= SPILL_CHARACTERS) return tool.maxBytes === undefined ? text : tail(text, tool.maxBytes);
  const source = tool.source?.(input);
  const path = source ?? `${SPILL_FOLDER}/${use.callId}.txt`;
  if (source === undefined) await use.machine.write(path, new TextEncoder().encode(text));
  const where = `${source === undefined ? "All of it is in" : "The rest is in"} ${path}`;
  const note = `[${text.length} characters, too many to show. ${where}; these are the ${tool.keeps} ${PREVIEW_CHARACTERS}]`;
  const preview = tool.keeps === "last" ? text.slice(-PREVIEW_CHARACTERS) : text.slice(0, PREVIEW_CHARACTERS);
  return `${note}\n${preview}`;
}
