/** What a run of the demonstration will do, from the options and the settings; every refusal is one sentence with exit code 2. */
import { basename } from "node:path";
import { CliError, MISUSE } from "../program.ts";
import type { StartOptions } from "../start-options.ts";
import { expectedAnswer } from "./answer.ts";
import { type Answer, task } from "./task.ts";

export const REHEARSAL_MODEL = "rehearsal";
const CLAUDE = "claude-haiku-5-5";
/** The name under which the demonstration's file reaches the agent; the rehearsal's script knows no other. */
const FILE = "crossings.csv";

export interface Plan {
  model: string;
  task: string;
  file: { name: string; bytes: Uint8Array };
  /** What the agent should find out; null for a task of one's own, which nobody can check. */
  expected: Answer | null;
}

/** Throws what a missing key makes impossible; before anything is read or built. */
export function chooseModel(options: Pick<StartOptions, "model" | "task">, vars: Record<string, string>): string {
  const real = Boolean(vars.ANTHROPIC_API_KEY ?? vars.PROVIDERS);
  const model = options.model ?? (vars.ANTHROPIC_API_KEY ? CLAUDE : REHEARSAL_MODEL);
  if (model !== REHEARSAL_MODEL && !real)
    throw new CliError(`--model ${model} needs a key: set ANTHROPIC_API_KEY.`, MISUSE);
  if (model === REHEARSAL_MODEL && options.task !== null) {
    throw new CliError(
      "--task needs a real model, since rehearsal only plays its script: set ANTHROPIC_API_KEY.",
      MISUSE,
    );
  }
  return model;
}

/** `path` is where `bytes` came from: the person's file, or the shipped one. */
export function makePlan(model: string, ownTask: string | null, path: string, bytes: Uint8Array): Plan {
  if (ownTask !== null) return { model, task: ownTask, file: { name: basename(path), bytes }, expected: null };
  const expected = expectedAnswer(new TextDecoder().decode(bytes), basename(path));
  return { model, task: task(FILE), file: { name: FILE, bytes }, expected };
}
