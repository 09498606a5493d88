/** The options of `npm start -- …`. */
import { CliError, MISUSE, parseOptions } from "./program.ts";

export interface StartOptions {
  /** End after the demonstration. */
  once: boolean;
  /** 0: the system chooses. */
  port: number;
  /** The person's own task, in place of the demonstration's. */
  task: string | null;
  /** A data file, in place of the shipped one. */
  file: string | null;
  model: string | null;
  verbose: boolean;
  help: boolean;
}

const DEFAULT_PORT = 8787;
const HIGHEST_PORT = 65_535;
const FLAG = { type: "boolean" } as const;
const TEXT = { type: "string" } as const;
const OPTIONS = {
  once: FLAG,
  port: TEXT,
  task: TEXT,
  file: TEXT,
  model: TEXT,
  verbose: FLAG,
  help: { ...FLAG, short: "h" },
} as const;

export const USAGE = `npm start                      installs, starts Sinew on this machine, shows one session at work, keeps serving
npm start -- --once            the same, but ends after the demonstration with exit code 0 or 1
             --port N          listens on port N instead of ${DEFAULT_PORT}; 0 takes any free one
             --task "…"        gives the agent your own task (needs ANTHROPIC_API_KEY)
             --file PATH       gives the agent your own data file
             --model ID        uses another model (needs ANTHROPIC_API_KEY)
             --verbose         shows where an error came from, and every event of the session
`;

/** Reads the arguments; throws a CliError with exit code 2 for what it does not know. */
export function readStartOptions(args: string[]): StartOptions {
  const { once, port, task, file, model, verbose, help } = parseOptions(args, OPTIONS, "npm start -- --help");
  if (task !== undefined && task.trim() === "")
    throw new CliError("--task needs a text: say what the agent should do.", MISUSE);
  if (port !== undefined && !(/^\d+$/.test(port) && Number(port) <= HIGHEST_PORT)) {
    throw new CliError(`--port must be a number from 0 to ${HIGHEST_PORT}, not ${JSON.stringify(port)}.`, MISUSE);
  }
  return {
    once: once ?? false,
    port: port === undefined ? DEFAULT_PORT : Number(port),
    task: task ?? null,
    file: file ?? null,
    model: model ?? null,
    verbose: verbose ?? false,
    help: help ?? false,
  };
}
