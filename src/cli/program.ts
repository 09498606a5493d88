/** What the programs of this folder share: expected trouble is one line on stderr and an exit code; a stack only on request. */
import { type ParseArgsConfig, parseArgs } from "node:util";

/** Something the person can mend: `message` is one sentence that says how. */
export class CliError extends Error {
  readonly exitCode: number;
  constructor(message: string, exitCode = 1) {
    super(message);
    this.name = "CliError";
    this.exitCode = exitCode;
  }
}

/** The command line was wrong. */
export const MISUSE = 2;

/** An option's value, a whole number from 1; `absent` where the option was not given. Throws `CliError`. */
export function positiveInteger(name: string, text: string | undefined, absent: number): number {
  if (text === undefined) return absent;
  if (!/^[1-9]\d*$/.test(text)) throw new CliError(`${name} must be a whole number from 1, not ${text}.`, MISUSE);
  return Number(text);
}

/**
 * The options of a program for developers. `--help` prints the usage and ends it; `--verbose` is every program's. Throws `CliError` for an option
 * that is not there.
 */
export function readOptions<T extends NonNullable<ParseArgsConfig["options"]>>(usage: string, options: T) {
  const args = process.argv.slice(2).filter((arg) => arg !== "--verbose");
  if (args.includes("--help") || args.includes("-h")) {
    process.stdout.write(`${usage}\n`);
    process.exit(0);
  }
  return parseOptions(args, options);
}

/** Throws `CliError` for an option that is not there; `help` is what to type for the list of them. */
export function parseOptions<T extends NonNullable<ParseArgsConfig["options"]>>(
  args: string[],
  options: T,
  help = "--help",
) {
  try {
    return parseArgs({ args, options }).values;
  } catch (error) {
    throw new CliError(`${firstLine((error as Error).message).split(". ")[0]}. ${help} lists the options.`, MISUSE);
  }
}

/** Runs a program and ends the process with its exit code; `verbose` adds stacks to what went wrong. */
export async function runProgram(main: () => Promise<number>, verbose: boolean): Promise<never> {
  try {
    process.exit(await main());
  } catch (error) {
    const trouble = error instanceof Error ? error : new Error(String(error));
    process.stderr.write(`sinew: ${firstLine(trouble.message)}\n`);
    if (verbose) process.stderr.write(`${trouble.stack}\n`);
    else if (!(trouble instanceof CliError)) process.stderr.write("       (--verbose shows where)\n");
    process.exit(trouble instanceof CliError ? trouble.exitCode : 1);
  }
}

function firstLine(text: string): string {
  return text.split("\n")[0] || "something went wrong without a message";
}
