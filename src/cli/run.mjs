/**
 * The door of every npm script: `node src/cli/run.mjs NAME ARGS…` runs src/cli/NAME.ts on this repository's own Node 24, and installs
 * the dependencies first when they are missing or older than the lock file. It is plain JavaScript without dependencies, because it
 * runs on whatever Node the machine has, before anything is installed. Whatever goes wrong here is told in one line.
 */
import { spawn } from "node:child_process";
import {
  accessSync,
  constants,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimes,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { delimiter, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";

const ROOT = resolve(import.meta.dirname ?? resolve(process.argv[1], ".."), "../..");
const NODE = resolve(ROOT, "node_modules/node/bin", process.platform === "win32" ? "node.exe" : "node");
const LOCK = resolve(ROOT, "package-lock.json");
/** npm writes this file last: an install that was interrupted does not have it. */
const INSTALLED = resolve(ROOT, "node_modules/.package-lock.json");
/** Holds the process id of the install that is running, which touches it every second: two in one folder break each other. */
const INSTALLING = resolve(ROOT, ".wrangler/installing");
const HEARTBEAT_MS = 1_000;
/** Without a heartbeat for this long the install is over, whatever process has its id now. An npm that outlives its parent is done before. */
const SILENT_MS = 120_000;
/** Older ones lack what npm and this file use. */
const OLDEST_NODE = [20, 18];
const WANTED_MAJOR = 24;

let interrupted = false;
/** Whether the file is this process's. */
let installing = false;

const [name, ...args] = process.argv.slice(2);
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1])) {
  fail(
    `Node ${OLDEST_NODE.join(".")} or newer is needed to begin, and this is ${process.versions.node}: see https://nodejs.org.`,
  );
}
process.chdir(ROOT);
while (!installed()) await install();

process.env.PATH = `${resolve(ROOT, "node_modules/.bin")}${delimiter}${process.env.PATH ?? ""}`;
const program = resolve(ROOT, `src/cli/${name}.ts`);
if (major >= WANTED_MAJOR) {
  process.argv.splice(1, 2, program);
  await import(pathToFileURL(program).href);
} else {
  process.exitCode = await run(NODE, [program, ...args], "inherit");
}

function installed() {
  try {
    accessSync(NODE, constants.X_OK);
    return statSync(INSTALLED).mtimeMs >= statSync(LOCK).mtimeMs;
  } catch {
    return false;
  }
}

/** Runs `npm install`, or waits for the one that is running; the caller looks again afterwards. */
async function install() {
  mkdirSync(resolve(ROOT, ".wrangler"), { recursive: true });
  try {
    writeFileSync(INSTALLING, String(process.pid), { flag: "wx" });
  } catch {
    return waitForOther();
  }
  installing = true;
  const heartbeat = setInterval(() => utimes(INSTALLING, new Date(), new Date(), () => {}), HEARTBEAT_MS);
  try {
    process.stdout.write("Installing the dependencies: once, about half a minute.\n");
    const npm = process.env.npm_execpath;
    const flags = ["install", "--no-save", "--loglevel=error"];
    const errors = [];
    const code = npm
      ? await run(process.execPath, [npm, ...flags], errors)
      : await run(process.platform === "win32" ? "npm.cmd" : "npm", flags, errors);
    if (interrupted) {
      release();
      process.exit(130);
    }
    if (code !== 0) fail(`npm install failed: ${reason(errors.join(""))}`);
    utimesSync(INSTALLED, new Date(), new Date());
    if (!installed())
      fail("npm installed no Node 24. Are install scripts switched off? Run: npm install --ignore-scripts=false");
  } finally {
    clearInterval(heartbeat);
    release();
  }
}

function release() {
  if (installing) rmSync(INSTALLING, { force: true });
  installing = false;
}

async function waitForOther() {
  const first = installer();
  if (first?.alive) {
    process.stdout.write(`Another install is running in this folder (process ${first.pid}); waiting for it.\n`);
    while (installer()?.alive) await sleep(HEARTBEAT_MS / 2);
  }
  if (installer()?.alive === false) rmSync(INSTALLING, { force: true });
}

/** Who is installing, as far as the file says; null without one. */
function installer() {
  try {
    const pid = Number(readFileSync(INSTALLING, "utf8"));
    return { pid, alive: Date.now() - statSync(INSTALLING).mtimeMs < SILENT_MS && lives(pid) };
  } catch {
    return null;
  }
}

function lives(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

/** Runs a child to its end, through Ctrl-C too. `errors` makes it silent and collects its stderr. */
function run(file, argv, errors) {
  const child = spawn(file, argv, {
    stdio: errors === "inherit" ? "inherit" : ["ignore", "ignore", "pipe"],
    shell: file.endsWith(".cmd"),
  });
  if (errors !== "inherit") {
    writeFileSync(INSTALLING, String(child.pid));
    child.stderr.setEncoding("utf8").on("data", (text) => errors.push(text));
  }
  process.on("SIGINT", () => {
    interrupted = true;
    // npm would take half a minute to undo the install; the next start repeats a broken-off one anyway.
    if (errors !== "inherit") child.kill("SIGKILL");
  });
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  return new Promise((done) => {
    child.on("error", (error) => fail(`cannot run ${file}: ${error.message}`));
    child.on("exit", (code, signal) => done(code ?? 128 + (signal === "SIGINT" ? 2 : 15)));
  });
}

/** npm's own words, shortened to what a person can act on. */
function reason(text) {
  const lines = text.split("\n").flatMap((line) => /^npm (?:error|ERR!) (.+)/.exec(line)?.[1] ?? []);
  const code = lines[0]?.startsWith("code ") ? `${lines.shift().slice(5)}: ` : "";
  const said = lines.find((line) => !/^(syscall|errno|path|dest|A complete log|command) ?/.test(line));
  return `${code}${said ?? (text.trim().split("\n")[0] || "npm gave no reason")}`;
}

function fail(line) {
  release();
  process.stderr.write(`sinew: ${line}\n`);
  process.exit(1);
}
