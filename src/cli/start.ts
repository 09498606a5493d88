/** `npm start`: starts Sinew on this machine, shows one real session, checks its answer, then keeps serving. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { differences, readAnswer } from "./demonstration/answer.ts";
import { chooseModel, makePlan, type Plan, REHEARSAL_MODEL } from "./demonstration/plan.ts";
import { runSession, type SessionRun } from "./demonstration/run-session.ts";
import { developmentKey, localVars } from "./local-settings.ts";
import { CliError, MISUSE, runProgram } from "./program.ts";
import { ROOT } from "./root.ts";
import { readStartOptions, type StartOptions, USAGE } from "./start-options.ts";
import { terminal } from "./terminal.ts";

const SHIPPED = resolve(import.meta.dirname, "demonstration/crossings.csv");
const STATE = resolve(ROOT, ".wrangler/state");
const INTERRUPTED = 130;
const out = terminal(process.stdout);

const args = process.argv.slice(2);
await runProgram(start, args.includes("--verbose"));

async function start(): Promise<number> {
  const options = readStartOptions(args);
  if (options.help) {
    out.write(USAGE);
    return 0;
  }
  // Miniflare ends the process on these signals before a handler registered later would run.
  let serving = false;
  process.on("SIGINT", () => {
    out.line("\nStopped.");
    process.exit(serving ? 0 : INTERRUPTED);
  });
  process.on("SIGTERM", () => process.exit(serving ? 0 : INTERRUPTED));

  const vars = await localVars();
  const plan = await planFor(options, vars);
  out.line(`${out.bold("Sinew")}: a Managed Agents runtime, here on this machine.`);
  const check = plan.expected === null ? "" : "; then its answer is checked against the file by other code";
  out.line(`One agent will work on a data file with real tools${check}.`);
  out.line(
    plan.model === REHEARSAL_MODEL
      ? "The model is `rehearsal`, a script: no key, no cost. The tools, the log and the streams are real."
      : `The model is ${plan.model}.`,
  );
  out.line();

  const { key } = await developmentKey();
  // Imported late: what is wrong with the command line is told without waiting for the bundler.
  const { buildServer, serve } = await import("./serve.ts");
  const built = await buildServer();
  const { url } = await serve({
    built,
    state: STATE,
    port: options.port,
    vars: {
      ...built.vars,
      ...vars,
      API_KEYS: [vars.API_KEYS, `development:${key}`].filter(Boolean).join(","),
      REHEARSAL: "1",
    },
  });
  out.line(`${out.dim("serving    ")}  ${url}`);
  const done = await runSession({ ...plan, url, key, verbose: options.verbose }, out);
  const code = judge(plan, done);
  if (options.once) return code;
  out.line(nextSteps({ url, key, sessionId: done.sessionId }));
  serving = true;
  return new Promise(() => {});
}

/** The exit code, and the words that explain it. */
function judge(plan: Plan, { ending }: SessionRun): number {
  if (ending.kind === "failed") {
    out.line(out.bad(`The turn failed: ${ending.why}`));
    return 1;
  }
  if (plan.expected === null) return 0;
  const wrong = differences(plan.expected, readAnswer(ending.text));
  if (wrong.length === 0) {
    out.line(out.good("Checked: the same five values, computed from the file by other code, agree."));
    return 0;
  }
  out.line(out.bad("Checked against the file by other code, the answer is wrong:"));
  for (const line of wrong) out.line(out.bad(`  ${line}`));
  return 1;
}

async function planFor(options: StartOptions, vars: Record<string, string>): Promise<Plan> {
  const model = chooseModel(options, vars);
  const path = options.file === null ? SHIPPED : resolve(process.env.INIT_CWD ?? ROOT, options.file);
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new CliError(
      `cannot read ${options.file ?? path}: ${error.code === "ENOENT" ? "no such file" : error.message}.`,
      MISUSE,
    );
  });
  return makePlan(model, options.task, path, bytes);
}

/** The three things a person needs next: the key, a curl, a program. */
function nextSteps(at: { url: string; key: string; sessionId: string }): string {
  return `
${out.bold("Next")}
1. Your development key (kept in .wrangler/development-key):
   ${at.key}

2. The session's log, by curl:
   curl -s "${at.url}/v1/sessions/${at.sessionId}/events?limit=5" \\
     -H "x-api-key: ${at.key}" -H "anthropic-version: 2023-06-01" -H "anthropic-beta: managed-agents-2026-04-01"

3. Your own program, with the official SDK (npm install @anthropic-ai/sdk):
   import Anthropic from "@anthropic-ai/sdk";
   const client = new Anthropic({ baseURL: "${at.url}", apiKey: "${at.key}" });
   for await (const session of client.beta.sessions.list()) console.log(session.id, session.status, session.title);

Serving at ${at.url} until Ctrl-C.`;
}
