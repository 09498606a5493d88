/** `npm run deploy -- ARGS`: `wrangler deploy ARGS`, but never with the scripted model on offer. */
import { resolve } from "node:path";
import { unstable_readConfig } from "wrangler";
import { CliError, MISUSE, runProgram } from "./program.ts";
import { ROOT } from "./root.ts";
import { runWrangler, valuesOf, varNames } from "./wrangler.ts";

const args = process.argv.slice(2);
await runProgram(deploy, args.includes("--verbose"));

async function deploy(): Promise<number> {
  const given = args.filter((arg) => arg !== "--verbose");
  const config = valuesOf(given, ["--config", "-c"]).at(-1);
  const env = valuesOf(given, ["--env", "-e"]).at(-1);
  const { vars } = unstable_readConfig(
    { config: config ?? resolve(ROOT, "wrangler.toml"), env },
    { hideWarnings: true },
  );
  if ("REHEARSAL" in vars || varNames(given).includes("REHEARSAL")) {
    throw new CliError("REHEARSAL is for local runs: take it out of the vars, then deploy again.", MISUSE);
  }
  return (await runWrangler(["deploy", ...given], { show: true })).code;
}
