import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { ROOT } from "../../src/cli/root.ts";
import { lockStorage } from "../../src/cli/storage-lock.ts";

/** Has the file of its argument open, under the name of the second one, until its input ends. */
const READER = `const [, file, name] = process.argv; process.title = name;
  require("node:fs").openSync(file, "r"); process.stdin.resume(); console.log("open")`;
/** A program of Sinew that keeps the storage of its argument until its input ends. */
const SINEW = `import { runProgram } from "${ROOT}/src/cli/program.ts"; import { lockStorage } from "${ROOT}/src/cli/storage-lock.ts";
  await runProgram(async () => { lockStorage(process.argv[1]); console.log("locked"); for await (const _ of process.stdin); return 0; }, false)`;

let folder: string;
const children: ChildProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lock-"));
  writeFileSync(join(folder, "rows"), "");
});
afterEach(async () => {
  await Promise.all(children.splice(0).map(end));
  rmSync(folder, { recursive: true });
});

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.stdin?.end();
  await once(child, "exit");
}

/** Started, and ready or ended: with what it said. */
async function started(script: string, ...args: string[]) {
  const child = spawn(process.execPath, [
    "--input-type",
    script === SINEW ? "module" : "commonjs",
    "-e",
    script,
    ...args,
  ]);
  children.push(child);
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text) => (said += text));
  const ended = once(child, "close");
  const ready = await Promise.race([once(child.stdout, "data").then(() => true), ended.then(() => false)]);
  return { child, ready, ended, said: () => said };
}

/** As a Sinew leaves it that was killed. */
function usedBefore(pid: number | undefined): void {
  writeFileSync(join(folder, "in-use-by"), String(pid));
}
const holder = () => readFileSync(join(folder, "in-use-by"), "utf8");

it("a file with the id of a living process keeps nobody out", async () => {
  const { child } = await started(READER, join(folder, "rows"), "unrelated");
  usedBefore(child.pid);
  lockStorage(folder);
  expect(holder()).toBe(String(process.pid));
  lockStorage(folder);
});

it("of two that start at once one has the storage, and the other says so in one line", async () => {
  const both = await Promise.all([started(SINEW, folder), started(SINEW, folder)]);
  const [winner, ...more] = both.filter(({ ready }) => ready);
  const [loser] = both.filter(({ ready }) => !ready);
  expect(more).toEqual([]);
  expect(await loser?.ended).toEqual([1, null]);
  expect(loser?.said()).toBe(
    `sinew: process ${winner?.child.pid} already runs Sinew on the storage in ${folder}; stop it first.\n`,
  );
});

it("the storage of a Sinew that was killed is free at once, and of one that ended in order nothing is looked for", async () => {
  const first = await started(SINEW, folder);
  expect(() => lockStorage(folder)).toThrow(`process ${first.child.pid} already runs Sinew`);
  first.child.kill("SIGKILL");
  await first.ended;
  expect(holder()).toBe(String(first.child.pid));
  const second = await started(SINEW, folder);
  expect(second.ready, second.said()).toBe(true);
  await end(second.child);
  expect(existsSync(join(folder, "in-use-by"))).toBe(false);
});

it("a storage that a killed Sinew's workerd has open is free once that is gone, and what to kill is told", async () => {
  const { child } = await started(READER, join(folder, "rows"), "workerd");
  usedBefore(child.pid);
  // The Node above it would start another.
  const told = new RegExp(
    `^a Sinew that was killed still runs in part on .*; first: kill .*\\b${process.pid} ${child.pid}$`,
  );
  expect(() => lockStorage(folder)).toThrow(told);
  await end(child);
  lockStorage(folder);
  expect(holder()).toBe(String(process.pid));
});

it("a storage that nobody had locked may be open elsewhere: a person may be reading it", async () => {
  await started(READER, join(folder, "rows"), "workerd");
  lockStorage(folder);
  expect(holder()).toBe(String(process.pid));
});
