import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import type { Machine } from "../../src/hands/machine.ts";
import { MACHINE_TOOLS } from "../../src/hands/registry.ts";
import { runTool } from "../../src/hands/tools/run.ts";
import { YieldController } from "../../src/hands/yield-controller.ts";
import { memoryMachine } from "./memory-machine.ts";

/** A definition a line, as they stand in every prompt since release 0.1. */
const GOLDEN = resolve(import.meta.dirname, "definitions.golden.jsonl");

let machine: Machine;
beforeEach(async () => {
  machine = await memoryMachine();
});

async function use(name: string, input: unknown) {
  const result = await runTool(MACHINE_TOOLS, name, input, {
    machine,
    yieldController: new YieldController(),
    signal: new AbortController().signal,
    remainingMs: 60_000,
    callId: "sevt_1",
  });
  expect(result.content).toHaveLength(1);
  return { text: result.content[0]!.text, isError: result.isError };
}
const put = (path: string, content: string) => machine.write(path, new TextEncoder().encode(content));
const get = async (path: string) => new TextDecoder().decode(await machine.read(path));

describe("malformed input", () => {
  const wrong: [string, unknown, string][] = [
    ["bash", {}, "bash: command is required"],
    ["bash", { command: 5 }, "bash: command must be a string"],
    ["bash", { command: "true", restart: "yes" }, "bash: restart must be a boolean"],
    ["bash", { command: "true", timeout_ms: 1.5 }, "bash: timeout_ms must be an integer"],
    ["bash", { command: "true", timeout_ms: -1 }, "bash: timeout_ms must not be negative"],
    ["bash", null, "bash: the input must be an object"],
    ["read", { file_path: "" }, "read: file_path is required"],
    ["read", { file_path: "f", view_range: [1] }, "read: view_range must be [start_line, end_line], two integers"],
    ["read", { file_path: "f", view_range: "1-2" }, "read: view_range must be [start_line, end_line], two integers"],
    ["write", { file_path: "f" }, "write: content is required"],
    ["edit", { file_path: "f", old_string: "", new_string: "" }, "edit: old_string is required"],
    ["glob", { pattern: "/etc/*" }, "glob: pattern must be relative; name the directory in path"],
    ["glob", { pattern: "a/../b" }, 'glob: pattern must not contain ".."'],
    ["grep", { pattern: [] }, "grep: pattern must be a string"],
    ["web_fetch", {}, "web_fetch: there is no such tool in the sandbox"],
  ];
  it.each(wrong)("%s %j is a tool error", async (name, input, text) => {
    expect(await use(name, input)).toEqual({ text, isError: true });
  });
});

describe("bash", () => {
  it("answers with the output, both streams", async () => {
    expect(await use("bash", { command: "echo a; echo b >&2" })).toEqual({ text: "a\nb", isError: false });
  });
  it("says (no output) for none", async () => {
    expect(await use("bash", { command: "true" })).toEqual({ text: "(no output)", isError: false });
  });
  it("makes another exit code an error with the output", async () => {
    expect(await use("bash", { command: "echo seen; exit 4" })).toEqual({ text: "bash: exit 4\nseen", isError: true });
    expect(await use("bash", { command: "exit 5" })).toEqual({ text: "bash: exit 5", isError: true });
  });
  it("removes ANSI codes", async () => {
    expect((await use("bash", { command: "printf '\\033[31mred\\033[0m'" })).text).toBe("red");
  });
  it("names the milliseconds of a timeout", async () => {
    const { text, isError } = await use("bash", { command: "sleep 100", timeout_ms: 40 });
    expect(isError).toBe(true);
    expect(text).toContain("bash: timed out after 40 ms");
  });
  it("confirms a restart", async () => {
    expect(await use("bash", { restart: true })).toEqual({ text: "shell restarted", isError: false });
  });
  it("keeps the end of output that is few characters and many bytes", async () => {
    await put("/workspace/f", `start${"é".repeat(60_000)}end`);
    const { text } = await use("bash", { command: "cat f" });
    expect(text.startsWith("[output cut: these are the last 102400 of 120008 bytes]\n")).toBe(true);
    expect(text.endsWith("éend")).toBe(true);
    expect(text).not.toContain("start");
  });
  it("writes output above 100,000 characters to a file and shows its end", async () => {
    await put("/workspace/f", `start${"x".repeat(100_000)}end`);
    const { text } = await use("bash", { command: "cat f" });
    expect(text).toContain("[100008 characters, too many to show. All of it is in /tmp/tool_outputs/sevt_1.txt;");
    expect(text.endsWith("xend")).toBe(true);
    expect(await get("/tmp/tool_outputs/sevt_1.txt")).toHaveLength(100_008);
    await put("/workspace/g", "x".repeat(100_000));
    expect((await use("bash", { command: "cat g" })).text).toBe("x".repeat(100_000));
  });
  it.each([
    ["its end", "bash", { command: "cat f" }],
    ["its start", "read", { file_path: "f", view_range: [1, 0] }],
  ])("shows whole characters only, wherever %s is cut", async (_, name, input) => {
    for (const shift of ["", "x"]) {
      await put("/workspace/f", `${shift}${"🦴".repeat(60_000)}${shift}`);
      const { text } = await use(name, input);
      expect(text).toContain("too many to show");
      expect(text.isWellFormed()).toBe(true);
    }
  });
  it("says what the isolate has not, and what would", async () => {
    const { text } = await use("bash", { command: "python3 -c 'print(1)'" });
    expect(text).toContain("python3: command not found");
    expect(text).toContain("environment whose machine is a container");
    expect((await use("bash", { command: "nosuchthing" })).text).not.toContain("container");
  });
});

describe("read", () => {
  beforeEach(() => put("/workspace/f", "one\ntwo\nthree\n"));
  it.each([
    [undefined, "one\ntwo\nthree\n"],
    [[2, 2], "two"],
    [[2, 0], "two\nthree\n"],
    [[0, 1], "one"],
    [[2, 99], "two\nthree\n"],
    [[9, 10], "(no output)"],
    [[3, 2], "(no output)"],
  ])("lines %j", async (view_range, text) => {
    expect(await use("read", { file_path: "f", view_range })).toEqual({ text, isError: false });
  });
  it("refuses what is not a regular file", async () => {
    expect(await use("read", { file_path: "/workspace" })).toEqual({
      text: "read: /workspace is not a regular file",
      isError: true,
    });
    expect((await use("read", { file_path: "none" })).text).toBe("read: none: no such file");
  });
  it("takes 256 KiB whole, and more only by lines", async () => {
    await put("/workspace/big", `${"x".repeat(1023)}\n`.repeat(257));
    expect(await use("read", { file_path: "big" })).toMatchObject({ isError: true });
    expect((await use("read", { file_path: "big", view_range: [257, 257] })).text).toHaveLength(1023);
    await put("/workspace/fits", "y".repeat(256 * 1024));
    expect(await use("read", { file_path: "fits" })).toMatchObject({ isError: false });
  });
});

describe("write and edit", () => {
  it("write answers with bytes and path, and makes directories", async () => {
    expect(await use("write", { file_path: "a/b", content: "é" })).toEqual({
      text: "wrote 2 bytes to a/b",
      isError: false,
    });
    expect(await get("/workspace/a/b")).toBe("é");
    expect(await use("write", { file_path: "a", content: "" })).toMatchObject({ isError: true });
  });
  it("write fails inside a file", async () => {
    await put("/workspace/f", "");
    expect(await use("write", { file_path: "f/g", content: "" })).toMatchObject({ isError: true });
  });
  it("edit wants one occurrence, or replace_all, and takes $& literally", async () => {
    await put("/workspace/f", "a b a");
    expect((await use("edit", { file_path: "f", old_string: "x", new_string: "y" })).text).toBe(
      "edit: old_string not found in f",
    );
    expect((await use("edit", { file_path: "f", old_string: "a", new_string: "y" })).text).toContain("occurs 2 times");
    expect(await get("/workspace/f")).toBe("a b a");
    expect((await use("edit", { file_path: "f", old_string: "b", new_string: "$&" })).text).toBe(
      "edited f: 1 replacement",
    );
    expect((await use("edit", { file_path: "f", old_string: "a", new_string: "", replace_all: true })).text).toBe(
      "edited f: 2 replacements",
    );
    expect(await get("/workspace/f")).toBe(" $& ");
  });
  it("edit leaves a file alone that is not UTF-8", async () => {
    await machine.write("/workspace/f", new Uint8Array([97, 0xff]));
    expect((await use("edit", { file_path: "f", old_string: "a", new_string: "b" })).text).toBe(
      "edit: f is not UTF-8 text",
    );
  });
});

describe("glob and grep", () => {
  beforeEach(async () => {
    await put("/workspace/a.csv", "x,1\ny,2\n");
    await put("/workspace/d/b.csv", "x,3\n");
    await put("/workspace/d/e/c.txt", "Xylophone\n");
    await put("/workspace/node_modules/p/z.csv", "x,9\n");
    await put("/workspace/.git/z.csv", "x,9\n");
    await machine.exec("touch -d 2026-01-01 a.csv; touch -d 2026-01-03 d/b.csv", { timeoutMs: 5000 });
  });
  it.each([
    ["*.csv", "/workspace/a.csv"],
    ["**/*.csv", "/workspace/d/b.csv\n/workspace/a.csv"],
    ["d/**", "/workspace/d/e/c.txt\n/workspace/d/b.csv"],
    ["**/{b,c}.{csv,txt}", "/workspace/d/e/c.txt\n/workspace/d/b.csv"],
    ["[!b-z].c?v", "/workspace/a.csv"],
    ["nothing*", "no matches"],
  ])("glob %s", async (pattern, text) => {
    expect(await use("glob", { pattern })).toEqual({ text, isError: false });
  });
  it("glob shows at most 200", async () => {
    for (let n = 0; n < 205; n++) await put(`/workspace/many/${n}`, "");
    expect((await use("glob", { pattern: "*", path: "many" })).text.split("\n")).toHaveLength(200);
  });
  it("glob is quick where stars backtrack", async () => {
    await put(`/workspace/${"a".repeat(200)}`, "");
    expect((await use("glob", { pattern: `${"*a".repeat(60)}b` })).text).toBe("no matches");
  });
  it("grep answers path:line:text", async () => {
    expect((await use("grep", { pattern: "^x" })).text).toBe("/workspace/a.csv:1:x,1\n/workspace/d/b.csv:1:x,3");
    expect((await use("grep", { pattern: "(?i)^x", path: "d/e" })).text).toBe("/workspace/d/e/c.txt:1:Xylophone");
    expect((await use("grep", { pattern: ",2$", path: "a.csv" })).text).toBe("/workspace/a.csv:2:y,2");
    expect(await use("grep", { pattern: "nothing" })).toEqual({ text: "no matches", isError: false });
  });
  it("grep names a wrong expression, skips binary files and long lines", async () => {
    expect((await use("grep", { pattern: "(" })).text).toContain("grep: invalid regex: ");
    expect(await use("grep", { pattern: "(a)\\1" })).toMatchObject({ isError: true });
    await machine.write("/workspace/bin", new Uint8Array([113, 0, 113]));
    await put("/workspace/long", "q".repeat(2001));
    expect((await use("grep", { pattern: "q" })).text).toBe("no matches");
    await put("/workspace/long", "q".repeat(2000));
    expect((await use("grep", { pattern: "q" })).text).toContain("/workspace/long:1:q");
  });
  it("grep cuts at 100 KiB and says so", async () => {
    await put("/workspace/lines", `${"q".repeat(99)}\n`.repeat(2000));
    const { text } = await use("grep", { pattern: "q", path: "lines" });
    expect(text).toContain("characters, too many to show");
    expect(await get("/tmp/tool_outputs/sevt_1.txt")).toContain("[output cut at 102400 bytes]");
  });
});

it("the definitions are what prompts hold", () => {
  const definitions = MACHINE_TOOLS.map((tool) => tool.definition);
  expect(definitions.map((tool) => JSON.stringify(tool)).join("\n")).toBe(readFileSync(GOLDEN, "utf8").trimEnd());
  for (const { input_schema } of definitions) {
    for (const name of input_schema.required ?? []) expect(Object.keys(input_schema.properties)).toContain(name);
  }
});
