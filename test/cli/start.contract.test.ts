import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { resolve } from "node:path";
import Anthropic from "@anthropic-ai/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { differences, expectedAnswer, readAnswer } from "../../src/cli/demonstration/answer.ts";
import { makePlan } from "../../src/cli/demonstration/plan.ts";
import { runSession } from "../../src/cli/demonstration/run-session.ts";
import { ROOT } from "../../src/cli/root.ts";
import { terminal } from "../../src/cli/terminal.ts";
import { type Server, startServer } from "../support/server.ts";

const SHIPPED = resolve(ROOT, "src/cli/demonstration/crossings.csv");

async function runScript(name: string, args: string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [resolve(ROOT, "src/cli/run.mjs"), name, ...args], {
    env: { ...process.env, NO_COLOR: "1", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (stderr += text));
  const [code] = await once(child, "close");
  return { code, stdout, stderr };
}

describe("the demonstration", () => {
  let server: Server;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server?.stop());

  async function conducted(csv: string) {
    let shown = "";
    const out = terminal({ write: (text: string) => (shown += text) }, {});
    const plan = makePlan("rehearsal", null, SHIPPED, new TextEncoder().encode(csv));
    const { ending } = await runSession({ ...plan, url: server.url, key: server.key, verbose: false }, out);
    return { shown, answer: readAnswer(ending.kind === "answered" ? ending.text : "") };
  }

  it("answers for the shipped file, and differently for an altered one", async () => {
    const shipped = readFileSync(SHIPPED, "utf8");
    const first = await conducted(shipped);
    expect(differences(expectedAnswer(shipped, "x"), first.answer)).toEqual([]);
    expect(first.shown).toMatch(/bash {2}ls -l \/workspace/);
    expect(first.shown).toMatch(/first token \d+ ms .* no list price/);

    const altered = shipped.replace(/^(2025-02-\d\d,.*,sailed,\d+),\d+,/m, "$1,900000,");
    const second = await conducted(altered);
    expect(differences(expectedAnswer(altered, "x"), second.answer)).toEqual([]);
    expect(second.answer["busiest month"]).toBe("2025-02");
    expect(second.answer).not.toEqual(first.answer);
  });
});

describe("trouble", () => {
  it("is one line for a taken port, and for storage in use", async () => {
    const first = await startServer();
    const port = Number(new URL(first.url).port);
    await expect(startServer({ port })).rejects.toThrow(
      `\nsinew: port ${port} is taken; stop what uses it, or choose another one with --port N.\n`,
    );
    await expect(startServer({ state: first.state })).rejects.toThrow(
      /\nsinew: process \d+ already runs Sinew on the storage in [^\n]+; stop it first\.\n$/,
    );
    await first.kill();
    const again = await startServer({ state: first.state });
    await again.stop();
    await first.stop();
  });

  it("is one line for the workerd of a Sinew that was killed, and none once it is gone", async () => {
    const first = await startServer();
    const { state } = first;
    process.kill(Number(readFileSync(resolve(state, "in-use-by"), "utf8")), "SIGKILL");
    const trouble = await startServer({ state }).then(String, String);
    const [, left] =
      /\nsinew: a Sinew that was killed still runs in part on [^\n]+; first: kill (\d+)\n$/.exec(trouble) ?? [];
    expect(left, trouble).toBeDefined();
    process.kill(Number(left), "SIGKILL");
    const again = await startServer({ state });
    await again.stop();
    await first.stop();
  });

  it("is one line for what the command line lacks", async () => {
    for (const args of [["--bogus"], ["--file", "/nowhere.csv"], ["--file", resolve(ROOT, "package.json")]]) {
      const { code, stdout, stderr } = await runScript("start", args);
      expect({ args, code, stdout }).toEqual({ args, code: 2, stdout: "" });
      expect(stderr).toMatch(/^sinew: [^\n]+\.\n$/);
    }
  });
});

describe("wrangler", () => {
  it("runs in development on a migrated database of the chosen folder", async () => {
    const folder = mkdtempSync(resolve(tmpdir(), "sinew-dev-"));
    const options = ["--port", "0", "--inspector-port", "0", "--persist-to", folder, "--var", "API_KEYS:test:sk-dev"];
    const child = spawn(process.execPath, [resolve(ROOT, "src/cli/run.mjs"), "dev", ...options], {
      env: { ...process.env, NO_COLOR: "1" },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    const ended = once(child, "close");
    let output = "";
    const url = await new Promise<string>((ready, failed) => {
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding("utf8").on("data", (text: string) => {
          output += text;
          const found = /Ready on (http:\/\/\S+)/.exec(output)?.[1];
          if (found) ready(found);
        });
      }
      ended.then(() => failed(new Error(output)));
    });
    const client = new Anthropic({ baseURL: url, apiKey: "sk-dev", authToken: null });
    expect((await client.beta.agents.list()).data).toEqual([]);
    expect((await client.models.list()).data.map((model) => model.id)).toContain("rehearsal");
    expect(output).not.toContain("Development key");
    process.kill(-(child.pid as number), "SIGINT");
    expect(await ended).toEqual([0, null]);
    expect(readdirSync(folder)).toEqual(["lock", "v3"]);
    rmSync(folder, { recursive: true });
  });

  it("would deploy this tree, but not with the rehearsal", async () => {
    const fine = await runScript("deploy", ["--dry-run"]);
    expect(fine.code, fine.stdout + fine.stderr).toBe(0);
    expect(fine.stdout).toContain("env.SESSION (Session)");
    const refused = await runScript("deploy", ["--dry-run", "--var", "REHEARSAL:1"]);
    expect({ code: refused.code, stdout: refused.stdout }).toEqual({ code: 2, stdout: "" });
    expect(refused.stderr).toMatch(/^sinew: REHEARSAL is for local runs[^\n]*\n$/);
  });
});
