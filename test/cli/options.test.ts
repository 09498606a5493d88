import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { resolve } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { developmentKey, localVars } from "../../src/cli/local-settings.ts";
import { readStartOptions } from "../../src/cli/start-options.ts";
import { sameConfiguration, valuesOf, varNames } from "../../src/cli/wrangler.ts";

function folder(): string {
  const path = mkdtempSync(resolve(tmpdir(), "sinew-cli-"));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

describe("npm start's options", () => {
  it("has defaults", () => {
    expect(readStartOptions([])).toEqual({
      once: false,
      port: 8787,
      task: null,
      file: null,
      model: null,
      verbose: false,
      help: false,
    });
  });

  it("reads every option, in both forms", () => {
    const options = readStartOptions([
      "--once",
      "--port=0",
      "--task",
      "count -- all",
      "--file",
      "a.csv",
      "--model=m",
      "--verbose",
      "-h",
    ]);
    expect(options).toEqual({
      once: true,
      port: 0,
      task: "count -- all",
      file: "a.csv",
      model: "m",
      verbose: true,
      help: true,
    });
  });

  it.each([
    [["--bogus"]],
    [["extra"]],
    [["--port"]],
    [["--port", "65536"]],
    [["--port", "-1"]],
    [["--port", "80.5"]],
    [["--port", ""]],
    [["--once=yes"]],
    [["--task", "  "]],
  ])("refuses %j in one line with exit code 2", (args) => {
    expect(() => readStartOptions(args)).toThrow(
      expect.objectContaining({ exitCode: 2, message: expect.stringMatching(/^[^\n]+\.$/) }),
    );
  });
});

describe("wrangler's arguments", () => {
  it("finds values in every form", () => {
    const args = ["--persist-to", "a", "--persist-to=b", "-c", "c.toml", "--port", "1"];
    expect(valuesOf(args, ["--persist-to"])).toEqual(["a", "b"]);
    expect(valuesOf(args, ["--config", "-c"])).toEqual(["c.toml"]);
    expect(valuesOf(["--persist-to"], ["--persist-to"])).toEqual([""]);
  });

  it("finds the names of a list of vars", () => {
    expect(varNames(["--var", "A:1:2", "B:x", "--port", "1", "--var=C:3"])).toEqual(["A", "B", "C"]);
  });

  it("repeats what chooses a configuration, and nothing else", () => {
    const args = ["-e", "staging", "--port", "1", "--persist-to", "p", "--config=w.toml"];
    expect(sameConfiguration(args, "--persist-to")).toEqual([
      "--config",
      "w.toml",
      "--env",
      "staging",
      "--persist-to",
      "p",
    ]);
    expect(sameConfiguration(args)).toEqual(["--config", "w.toml", "--env", "staging"]);
  });
});

describe("local settings", () => {
  it("takes .dev.vars, the shell's variables over it, and no empty value", async () => {
    const at = folder();
    writeFileSync(resolve(at, ".dev.vars"), 'API_KEYS="mine:sk"\nANTHROPIC_API_KEY=file\nPROVIDERS=\n');
    expect(await localVars({ ANTHROPIC_API_KEY: "shell", HOME: "/x" }, at)).toEqual({
      API_KEYS: "mine:sk",
      ANTHROPIC_API_KEY: "shell",
    });
    expect(await localVars({ ANTHROPIC_API_KEY: "" }, at)).toEqual({ API_KEYS: "mine:sk", ANTHROPIC_API_KEY: "file" });
    expect(await localVars({}, folder())).toEqual({});
  });

  it("makes the development key once, for its owner's eyes", async () => {
    const file = resolve(folder(), "deep/key");
    const first = await developmentKey(file);
    expect(first).toEqual({ key: expect.stringMatching(/^sk-sinew-[\w-]{32}$/), created: true });
    expect(await developmentKey(file)).toEqual({ key: first.key, created: false });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, "utf8")).toBe(`${first.key}\n`);
    expect((await developmentKey(resolve(folder(), "key"))).key).not.toBe(first.key);
  });
});
