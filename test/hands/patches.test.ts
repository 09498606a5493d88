import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { expect, it } from "vitest";
import { PATCHED_VERSION, patchInterpreter } from "../../src/hands/machines/isolate/patches.ts";

const folder = resolve(import.meta.dirname, "../../node_modules/just-bash");
const text = await readFile(resolve(folder, "dist/bundle/browser.js"), "utf8");

it("finds every place in the installed interpreter", async () => {
  const manifest = JSON.parse(await readFile(resolve(folder, "package.json"), "utf8"));
  expect(manifest.version).toBe(PATCHED_VERSION);
  const patched = patchInterpreter(text);
  expect(patched.split("sinewHooks").length).toBeGreaterThan(18);
  expect(patched.split("static{globalThis.sinewInterpreter=this}")).toHaveLength(2);
});

it("fails and names the place that is gone, or is there twice", () => {
  const gone = text.replace("async executeCommand(", "async executeOther(");
  expect(() => patchInterpreter(gone)).toThrow('0 places for "hand out the interpreter');
  expect(() => patchInterpreter(`${text};class X{async executeCommand(t,n,r=!1){}}`)).toThrow(
    '2 places for "hand out the interpreter',
  );
});
