/**
 * One tool use on a machine: checks the input, runs the tool, shapes its text. Written once for all machines.
 *
 * What reaches the model is never empty (`(no output)`), and never above SPILL_CHARACTERS: a longer text is written to a file in the sandbox, and
 * the model gets a preview and the path (spec/core.md §5.1). That rule comes before bash's own 100 KiB cap (§5.2), which is left for texts whose
 * characters are few but whose bytes are many. `bash` previews its end, the others their start; `read` names the file it read instead of a copy.
 */
import type { Result } from "../hand.ts";
import type { Machine } from "../machine.ts";
import type { Pacer } from "../yield-controller.ts";
import { BASH_OUTPUT_BYTES, bash } from "./bash.ts";
import { edit } from "./edit.ts";
import { glob } from "./glob.ts";
import { grep } from "./grep.ts";
import { Input, ToolError } from "./input.ts";
import { tail } from "./output.ts";
import { read } from "./read.ts";
import { write } from "./write.ts";

/** Characters of a result; and of the preview that stands for a longer one. */
const SPILL_CHARACTERS = 100_000;
const PREVIEW_CHARACTERS = 10_000;
const SPILL_FOLDER = "/tmp/tool_outputs";
const NO_OUTPUT_TEXT = "(no output)";

export interface ToolRun {
  machine: Machine;
  pacer: Pacer;
  /** Aborted when nobody wants the outcome any more. */
  signal: AbortSignal;
  /** Milliseconds until the call's deadline. */
  remainingMs: number;
  /** Names the spill file: the same for ever for one call. */
  callId: string;
}

/** Never rejects for what the model asked; only when the machine itself fails. */
export async function runTool(name: string, fields: unknown, run: ToolRun): Promise<Result> {
  try {
    const text = await dispatch(name, new Input(name, fields), run);
    return result(await shorten(name, fields, text, run), false);
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    return result(await shorten(name, fields, error.message, run), true);
  }
}

function dispatch(name: string, input: Input, run: ToolRun): Promise<string> {
  switch (name) {
    case "bash":
      return bash(run.machine, input, run.remainingMs, run.signal);
    case "read":
      return read(run.machine, input);
    case "write":
      return write(run.machine, input);
    case "edit":
      return edit(run.machine, input);
    case "glob":
      return glob(run.machine, input, run.pacer);
    case "grep":
      return grep(run.machine, input, run.pacer, run.signal);
    default:
      throw new ToolError(name, "there is no such tool in the sandbox");
  }
}

/** Half a surrogate pair, from a cut or from the shell, would make a prompt that no model ever takes again. */
function result(text: string, isError: boolean): Result {
  return { content: [{ type: "text", text: text.trim() === "" ? NO_OUTPUT_TEXT : text.toWellFormed() }], isError };
}

async function shorten(name: string, fields: unknown, text: string, run: ToolRun): Promise<string> {
  if (text.length <= SPILL_CHARACTERS) return name === "bash" ? tail(text, BASH_OUTPUT_BYTES) : text;
  const path =
    name === "read" ? String((fields as { file_path: string }).file_path) : `${SPILL_FOLDER}/${run.callId}.txt`;
  if (name !== "read") await run.machine.write(path, new TextEncoder().encode(text));
  const where = `${name === "read" ? "The rest is in" : "All of it is in"} ${path}`;
  const kept = name === "bash" ? "last" : "first";
  const note = `[${text.length} characters, too many to show. ${where}; these are the ${kept} ${PREVIEW_CHARACTERS}]`;
  return kept === "last"
    ? `${note}\n${text.slice(-PREVIEW_CHARACTERS)}`
    : `${note}\n${text.slice(0, PREVIEW_CHARACTERS)}`;
}
