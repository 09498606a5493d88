/** Runs one command in a fresh interpreter with the saved shell state, and saves the state after it. */
import { Bash } from "just-bash/browser";
import type { ExecResult } from "../../machine.ts";
import { WORKSPACE } from "../../tools/files.ts";
import { limitedCommands } from "./caps.ts";
import type { CallFs } from "./fs.ts";
import type { InterpreterHooks } from "./hooks.ts";
import { EXECUTION_LIMITS } from "./limits.ts";
import { mergeOutput } from "./merge.ts";
import { explainMissing } from "./missing.ts";
import { restoreState, saveState } from "./state.ts";

/** Milliseconds a stopped body gets to notice before the call goes on without it. */
const STOP_MS = 500;
/** Exit code of a command that ran out of time, as `timeout` gives. */
const TIMED_OUT = 124;
const STATE_NOTE =
  "(the shell's variables and functions are too large to keep; the shell is as it was before this command)\n";

export interface ShellCall {
  command: string;
  state: string | null;
  timeoutMs: number;
  signal: AbortSignal;
  fs: CallFs;
  hooks: InterpreterHooks;
}

/** The result, and the state to keep: null means a fresh shell next. */
export async function runInShell(call: ShellCall): Promise<{ result: ExecResult; state: string | null }> {
  call.hooks.yieldController.restart();
  const stop = new AbortController();
  const cancelled = () => stop.abort();
  call.signal.addEventListener("abort", cancelled);
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    stop.abort();
  }, call.timeoutMs);
  // Into the interpreter of the script alone: what `bash -c` starts takes its own copy, and only of what is exported.
  call.hooks.begin(stop.signal, (fresh) => {
    if (call.state !== null) restoreState(call.state, fresh);
  });
  const bash = interpreter(call);
  const ended = bash.exec(call.command, { rawScript: true, signal: stop.signal }).catch((error: unknown) => ({
    stdout: "",
    stderr: stop.signal.aborted ? "" : `bash: ${error instanceof Error ? error.message : String(error)}\n`,
    exitCode: 1,
  }));
  const result = await Promise.race([ended, stopped(stop.signal)]);
  clearTimeout(timer);
  call.signal.removeEventListener("abort", cancelled);
  const { output, truncated } = mergeOutput(call.hooks.written, result);
  if (stop.signal.aborted) return { result: { output, truncated, exitCode: TIMED_OUT, timedOut }, state: null };
  const root = call.hooks.root;
  const saved = root === null ? call.state : saveState(root.state);
  const note = saved === null && root !== null ? STATE_NOTE : "";
  return {
    result: { output: explainMissing(output) + note, truncated, exitCode: result.exitCode, timedOut: false },
    state: saved ?? call.state,
  };
}

function interpreter(call: ShellCall): Bash {
  return new Bash({
    fs: call.fs,
    cwd: WORKSPACE,
    env: { HOME: "/home/user", USER: "user", TMPDIR: "/tmp", LANG: "C.UTF-8" },
    executionLimitProfile: "hardened",
    executionLimits: { ...EXECUTION_LIMITS, maxExecutionTimeMs: call.timeoutMs + STOP_MS },
    customCommands: limitedCommands(call.fs, call.hooks.yieldController),
    // It guards a process shared with other code by changing globals; this isolate holds the machine of one session and nothing else.
    defenseInDepth: false,
    processInfo: { pid: 1, ppid: 0, uid: 1000, gid: 1000 },
  });
}

async function stopped(signal: AbortSignal): Promise<{ stdout: string; stderr: string; exitCode: number }> {
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
  await new Promise<void>((resolve) => setTimeout(resolve, STOP_MS));
  return { stdout: "", stderr: "", exitCode: TIMED_OUT };
}
