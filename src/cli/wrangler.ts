/** Running wrangler, and reading its arguments without owning them: what is not understood here is still passed on. */
import { resolve } from "node:path";
import { type Ended, runChild } from "./child.ts";
import { ROOT } from "./root.ts";

const WRANGLER = resolve(ROOT, "node_modules/wrangler/bin/wrangler.js");
/** Without its statistics and without a look-up that fails offline. */
const ENV = { WRANGLER_SEND_METRICS: "false", CLOUDFLARE_CF_FETCH_ENABLED: "false" };

export function runWrangler(args: string[], options: { show: boolean }): Promise<Ended> {
  return runChild(process.execPath, [WRANGLER, ...args], { ...options, env: ENV });
}

/** Every value given to one of `names` (`--persist-to`, `-c`): as `--name value`, `--name=value`, and for lists `--name one two`. */
export function valuesOf(args: string[], names: string[], list = false): string[] {
  const values: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    const name = names.find((name) => arg === name || arg.startsWith(`${name}=`));
    if (name === undefined) continue;
    if (arg !== name) values.push(arg.slice(name.length + 1));
    else {
      do values.push(args[++i] ?? "");
      while (list && args[i + 1] !== undefined && !args[i + 1]!.startsWith("-"));
    }
  }
  return values;
}

/** The names set by `--var NAME:value`. */
export function varNames(args: string[]): string[] {
  return valuesOf(args, ["--var"], true).map((pair) => pair.split(":")[0]!);
}

/** The arguments that choose a configuration, to be given to another wrangler command; `more` names further ones. */
export function sameConfiguration(args: string[], ...more: string[]): string[] {
  const options = [["--config", "-c"], ["--env", "-e"], ...more.map((name) => [name])];
  return options.flatMap((names) => valuesOf(args, names).flatMap((value) => [names[0]!, value]));
}
