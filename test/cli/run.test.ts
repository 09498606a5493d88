/** The door of every script before anything is installed: in a copy of it, beside an npm that only says that it ran. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { resolve } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ROOT } from "../../src/cli/root.ts";

/** For a busy machine. */
const START = { timeout: 10_000 };
vi.setConfig({ testTimeout: 20_000 });

const NPM = `const { appendFileSync, mkdirSync, symlinkSync, writeFileSync } = require("node:fs");
  appendFileSync("installs", "npm\\n");
  setTimeout(() => {
    mkdirSync("node_modules/node/bin", { recursive: true });
    symlinkSync(process.execPath, "node_modules/node/bin/node");
    writeFileSync("node_modules/.package-lock.json", "{}");
  }, 300);`;

let folder: string;
const at = (path: string) => resolve(folder, path);
beforeEach(() => {
  folder = mkdtempSync(resolve(tmpdir(), "run-"));
  mkdirSync(at("src/cli"), { recursive: true });
  mkdirSync(at(".wrangler"));
  cpSync(resolve(ROOT, "src/cli/run.mjs"), at("src/cli/run.mjs"));
  writeFileSync(at("src/cli/hello.ts"), 'console.log("hello");');
  writeFileSync(at("package.json"), '{ "type": "module" }');
  writeFileSync(at("package-lock.json"), "{}");
  writeFileSync(at("npm.cjs"), NPM);
});
afterEach(() => rmSync(folder, { recursive: true }));

function started() {
  const env = { ...process.env, npm_execpath: at("npm.cjs") };
  const child = spawn(process.execPath, [at("src/cli/run.mjs"), "hello"], {
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text) => (output += text));
  return { child, output: () => output, ended: once(child, "close") };
}

/** An install by a process that lives, last heard of some seconds ago. */
function installing(secondsAgo: number): void {
  writeFileSync(at(".wrangler/installing"), String(process.pid));
  const then = new Date(Date.now() - secondsAgo * 1_000);
  utimesSync(at(".wrangler/installing"), then, then);
}
const installs = () => readFileSync(at("installs"), "utf8");

it("of two that start at once one installs, and both run", async () => {
  const both = [started(), started()];
  for (const { ended, output } of both) {
    expect(await ended).toEqual([0, null]);
    expect(output()).toMatch(/hello\n$/);
  }
  expect(installs()).toBe("npm\n");
  expect(existsSync(at(".wrangler/installing"))).toBe(false);
});

it("an install that is not heard of any more keeps nobody out, though a process has its id", async () => {
  installing(121);
  const { ended, output } = started();
  expect(await ended).toEqual([0, null]);
  expect(output()).toMatch(/^Installing .*\nhello\n$/);
});

it("an install that is heard of is waited for", async () => {
  installing(1);
  const { output, ended } = started();
  await expect
    .poll(output, START)
    .toBe(`Another install is running in this folder (process ${process.pid}); waiting for it.\n`);
  expect(existsSync(at("installs"))).toBe(false);
  rmSync(at(".wrangler/installing"));
  expect(await ended).toEqual([0, null]);
  expect(installs()).toBe("npm\n");
});

it("an install is heard of while it runs", async () => {
  writeFileSync(at("npm.cjs"), NPM.replace("300", "3_000"));
  const { ended } = started();
  await expect.poll(() => existsSync(at("installs")), START).toBe(true);
  installing(121);
  const heard = () => statSync(at(".wrangler/installing"), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  await expect.poll(() => Date.now() - heard(), { timeout: 2_800 }).toBeLessThan(60_000);
  expect(await ended).toEqual([0, null]);
});
