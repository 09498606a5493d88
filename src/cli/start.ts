/** `npm start`: starts Sinew on this machine, shows one real session, checks its answer, then keeps serving. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { differences, readAnswer } from "./demonstration/answer.ts";
import { chooseModel, makePlan, type Plan, REHEARSAL } from "./demonstration/plan.ts";
import { type Conducted, conduct } from "./demonstration/run-session.ts";
import { developmentKey } from "./key.ts";
import { localVars } from "./local-settings.ts";
import { nextSteps } from "./next.ts";
import { MISUSE, run, Trouble } from "./program.ts";
import { ROOT } from "./root.ts";
import { readOptions, type StartOptions, USAGE } from "./start-options.ts";
import { terminal } from "./terminal.ts";

const SHIPPED = resolve(import.meta.dirname, "demonstration/crossings.csv");
const STATE = resolve(ROOT, ".wrangler/state");
const INTERRUPTED = 130;
const out = terminal(process.stdout);

const args = process.argv.slice(2);
await run(start, args.includes("--verbose"));

async function start(): Promise<number> {
  const options = readOptions(args);
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
    plan.model === REHEARSAL
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
  const done = await conduct({ ...plan, url, key, verbose: options.verbose }, out);
  const code = judge(plan, done);
  if (options.once) return code;
  out.line(nextSteps({ url, key, sessionId: done.sessionId }, out));
  serving = true;
  return new Promise(() => {});
}

/** The exit code, and the words that explain it. */
function judge(plan: Plan, { ending }: Conducted): number {
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
    throw new Trouble(
      `cannot read ${options.file ?? path}: ${error.code === "ENOENT" ? "no such file" : error.message}.`,
      MISUSE,
    );
  });
  return makePlan(model, options.task, path, bytes);
}
