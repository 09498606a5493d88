/**
 * `npm run dev -- ARGS`: `wrangler dev ARGS`, with the database of that run migrated, an API key that works and the rehearsal on offer.
 */
import { rmSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { parseEnv, stripVTControlCharacters } from "node:util";
import { developmentKey, localVars } from "./local-settings.ts";
import { CliError, runProgram } from "./program.ts";
import { ROOT } from "./root.ts";
import { lockStorage } from "./storage-lock.ts";
import { runWrangler, sameConfiguration, valuesOf, varNames } from "./wrangler.ts";

/** Where wrangler keeps local storage unless told otherwise. */
const DEFAULT_STATE = ".wrangler/state";
/** In the storage's folder: read by wrangler in place of .dev.vars; a file, since arguments are visible to everyone on the machine. */
const VARS_FILE = "dev.vars";

const args = process.argv.slice(2);
await runProgram(dev, args.includes("--verbose"));

async function dev(): Promise<number> {
  const given = args.filter((arg) => arg !== "--verbose");
  const vars = await localVars();
  const set = new Set([
    ...Object.keys(vars),
    ...varNames(given),
    ...(await namesInFiles(valuesOf(given, ["--env-file"]))),
  ]);
  if (!set.has("REHEARSAL")) vars.REHEARSAL = "1";
  if (!set.has("API_KEYS")) {
    const { key } = await developmentKey();
    vars.API_KEYS = `development:${key}`;
    process.stdout.write(`Development key (kept in .wrangler/development-key): ${key}\n`);
  }
  const state = resolve(ROOT, valuesOf(given, ["--persist-to"]).at(-1) ?? DEFAULT_STATE);
  lockStorage(state);
  const varsFile = resolve(state, VARS_FILE);
  await writeVars(varsFile, vars);
  if (!given.includes("--remote")) await migrate(given);
  const ended = await runWrangler(["dev", "--env-file", varsFile, ...given], { show: true });
  return ended.interrupted ? 0 : ended.code;
}

async function migrate(given: string[]): Promise<void> {
  const apply = ["d1", "migrations", "apply", "DB", "--local", ...sameConfiguration(given, "--persist-to")];
  const { code, output } = await runWrangler(apply, { show: false });
  if (code !== 0) throw new CliError(`the local database could not be migrated: ${lastWords(output)}`);
}

/** Wrangler's error without its decoration. */
function lastWords(output: string): string {
  const lines = stripVTControlCharacters(output).split("\n");
  return (
    lines.find((line) => line.includes("[ERROR]"))?.replace(/^.*\[ERROR\]\s*/, "") ??
    lines.findLast((line) => line.trim()) ??
    ""
  ).trim();
}

async function writeVars(file: string, vars: Record<string, string>): Promise<void> {
  const lines = Object.entries(vars).map(([name, value]) => `${name}=${quoted(name, value)}\n`);
  await writeFile(file, lines.join(""), { mode: 0o600 });
  process.on("exit", () => rmSync(file, { force: true }));
}

/** In whichever quotes the value does not hold: the format has no escape for them. */
function quoted(name: string, value: string): string {
  const quote = ["'", '"', "`"].find((mark) => !value.includes(mark));
  if (quote === undefined) throw new CliError(`${name} holds all three kinds of quotes, which no vars file can carry.`);
  return quote + value + quote;
}

async function namesInFiles(files: string[]): Promise<string[]> {
  const texts = await Promise.all(files.map((file) => readFile(resolve(ROOT, file), "utf8").catch(() => "")));
  return texts.flatMap((text) => Object.keys(parseEnv(text)));
}
