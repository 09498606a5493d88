import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { claim } from "../../src/cli/claim.ts";

/** Has the file of its argument open until its input ends. */
const HOLDER = `require("node:fs").openSync(process.argv[1], "r"); process.stdin.resume(); console.log("open")`;

let folder: string;
let other: ChildProcess;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "claim-"));
  writeFileSync(join(folder, "rows"), "");
  other = spawn(process.execPath, ["-e", HOLDER, join(folder, "rows")]);
  await once(other.stdout as NodeJS.ReadableStream, "data");
});
afterEach(async () => {
  await end();
  rmSync(folder, { recursive: true });
});

async function end(): Promise<void> {
  if (other.exitCode !== null) return;
  other.stdin?.end();
  await once(other, "exit");
}

/** Of a process that is gone. */
async function claimedBefore(): Promise<void> {
  const gone = spawn(process.execPath, ["-e", ""]);
  await once(gone, "exit");
  writeFileSync(join(folder, "in-use-by"), String(gone.pid));
}
const holder = () => readFileSync(join(folder, "in-use-by"), "utf8");

it("a storage whose holder lives is not claimed", () => {
  writeFileSync(join(folder, "in-use-by"), String(other.pid));
  expect(() => claim(folder)).toThrow(`process ${other.pid} already runs Sinew`);
});

it("a storage that a killed Sinew's parts have open is claimed once they are gone, and their ids are told", async () => {
  await claimedBefore();
  expect(() => claim(folder)).toThrow(`kill ${other.pid}`);
  expect(holder()).not.toBe(String(process.pid));
  await end();
  claim(folder);
  expect(holder()).toBe(String(process.pid));
});

it("a storage that nobody had claimed may be open elsewhere: a person may be reading it", () => {
  expect(existsSync(join(folder, "in-use-by"))).toBe(false);
  claim(folder);
  expect(holder()).toBe(String(process.pid));
});
