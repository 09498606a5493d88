import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import Anthropic from "@anthropic-ai/sdk";
import { expect, it } from "vitest";

const MAIN = resolve(import.meta.dirname, "main.ts");

function run(...args: string[]) {
  return spawn(process.execPath, [MAIN, ...args], { stdio: ["ignore", "pipe", "pipe"] });
}

it("serves by hand until it is told to stop", async () => {
  const child = run("--pace", "0,0", "--default", "Good day.");
  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  const baseURL = /http:\S+/.exec(line)?.[0];
  const client = new Anthropic({ baseURL, apiKey: "any" });
  const messages = [{ role: "user" as const, content: "hello" }];
  const { content } = await client.messages.create({ model: "claude-opus-5-5", max_tokens: 100, messages });
  expect(content).toMatchObject([{ text: "Good day." }]);
  expect((await fetch(`${baseURL}/v1/models`, { headers: { "anthropic-version": "2026-10-21" } })).status).toBe(401);
  child.kill("SIGINT");
  expect(await once(child, "exit")).toEqual([0, null]);
});

it("says how it is used when it is misused", async () => {
  const child = run("--pace", "slow");
  const [line] = await once(createInterface(child.stderr), "line");
  expect(line).toMatch(/^usage: /);
  expect((await once(child, "exit"))[0]).toBe(2);
});
