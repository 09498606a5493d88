/** `bash`: one command in the machine's persistent shell (spec/core.md §5.2). */
import { type Input, type MachineTool, ToolError, type ToolUse } from "./tool.ts";

/** Milliseconds a command may run unless `timeout_ms` says otherwise, and at most. */
const DEFAULT_TIMEOUT_MS = 120_000;
const MAX_TIMEOUT_MS = 600_000;
/** Bytes of output that reach the model; the end is kept. */
const BASH_OUTPUT_BYTES = 100 * 1024;
const CUT_NOTE = "[output cut: the machine kept only its end]";
const RESTARTED_TEXT = "shell restarted";

const ANSI = new RegExp(`${String.fromCharCode(27)}\\[[0-9;?]*[ -/]*[@-~]`, "g");

export const bash: MachineTool = {
  definition: {
    name: "bash",
    description:
      "Runs a command in the session's shell, which starts in /workspace and keeps its directory, variables, functions and options " +
      "from one call to the next. Answers with standard output and standard error together; long output keeps its end. Standard " +
      "input is empty, so commands that wait for input see its end at once. Prefer read, write, edit, glob and grep for files.",
    input_schema: {
      type: "object",
      properties: {
        command: { type: "string", description: "The command. Leave it out only when restart is true." },
        restart: { type: "boolean", description: "Begin a fresh shell first. Files stay as they are." },
        timeout_ms: {
          type: "integer",
          description: "Milliseconds until the command is stopped: 120000 unless given, at most 600000.",
        },
      },
    },
  },
  keeps: "last",
  maxBytes: BASH_OUTPUT_BYTES,
  run: runBash,
};

/** Milliseconds this call may take: its own wish within the bounds, and never beyond the call's deadline. */
function bashTimeout(input: Input, remainingMs: number): number {
  const wish = input.integer("timeout_ms") ?? 0;
  if (wish < 0) throw new ToolError("bash", "timeout_ms must not be negative");
  return Math.max(1, Math.min(wish === 0 ? DEFAULT_TIMEOUT_MS : wish, MAX_TIMEOUT_MS, remainingMs));
}

async function runBash(input: Input, { machine, remainingMs, signal }: ToolUse): Promise<string> {
  const command = input.optionalString("command") ?? "";
  const restart = input.flag("restart");
  const timeoutMs = bashTimeout(input, remainingMs);
  if (command === "" && !restart) throw new ToolError("bash", "command is required");
  const ran = await machine.exec(command === "" ? ":" : command, { timeoutMs, restart, signal });
  if (command === "") return RESTARTED_TEXT;
  const text = ran.output.replace(ANSI, "").replace(/\n+$/, "");
  const output = ran.truncated ? `${CUT_NOTE}\n${text}` : text;
  if (ran.timedOut) {
    throw new ToolError(
      "bash",
      `timed out after ${timeoutMs} ms; the shell was restarted, files written before stay${output && `\n${output}`}`,
    );
  }
  if (ran.exitCode !== 0) throw new ToolError("bash", `exit ${ran.exitCode}${output && `\n${output}`}`);
  return output;
}
