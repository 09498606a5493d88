import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { Bash } from "just-bash";
import { describe, expect, it } from "vitest";
import { DEMONSTRATION_TASK, demonstrationScript } from "../../src/brain/models/rehearsal-script.ts";
import { differences, expectedAnswer, readAnswer } from "../../src/cli/demonstration/answer.ts";
import { generate } from "../../src/cli/demonstration/generate.ts";
import { chooseModel, makePlan } from "../../src/cli/demonstration/plan.ts";
import { LABELS, task } from "../../src/cli/demonstration/task.ts";
import { CliError } from "../../src/cli/program.ts";

const shipped = readFileSync(resolve(import.meta.dirname, "../../src/cli/demonstration/crossings.csv"), "utf8");
const HEADER = shipped.slice(0, shipped.indexOf("\n"));

/** Five crossings whose answer is plain to see. */
const SMALL = `${HEADER}
2025-03-01,08:00,Left,Tern,sailed,4,10,2,12
2025-03-02,08:00,Left,Tern,sailed,7,10,2,12
2025-04-01,08:00,Right,Auk,sailed,3,15,2,12
2025-04-02,08:00,Right,Auk,sailed,9,30,2,12
2025-04-03,08:00,Right,Auk,cancelled,,,,41
`;

/** What the rehearsal's shell commands print for this file, in the shell that the isolate runs. */
async function rehearsed(csv: string): Promise<string> {
  const commands = demonstrationScript.steps.flatMap((step) => (step.calls ?? []).map((call) => call.input?.command));
  const bash = new Bash({ files: { "/workspace/crossings.csv": csv } });
  return (await bash.exec(commands.join("\n"))).stdout;
}

describe("the check of the demonstration", () => {
  it("computes the answer from the file", () => {
    expect(expectedAnswer(SMALL, "small.csv")).toEqual({
      "busiest month": "2025-04",
      "passengers in that month": "45",
      "cancelled crossings": "1",
      "least punctual route": "Right",
      "its median delay in minutes": "6",
    });
  });

  it.each([
    ["the shipped file", shipped],
    ["a file of five lines", SMALL],
    ["another year", generate(7)],
    ["the shipped file with one delay fewer", shipped.replace(/^.*,Brannish,.*\n/m, "")],
  ])("agrees with the rehearsal's commands on %s", async (_, csv) => {
    expect(differences(expectedAnswer(csv, "x"), readAnswer(await rehearsed(csv)))).toEqual([]);
  });

  it("finds the answer for one file wrong for an altered one", async () => {
    const altered = shipped.replace(/(2025-02-\d\d,.*,sailed,\d+),\d+,/, "$1,900000,");
    expect(altered).not.toBe(shipped);
    const found = differences(expectedAnswer(altered, "x"), readAnswer(await rehearsed(shipped)));
    expect(found.map((line) => line.split(":")[0])).toEqual(["busiest month", "passengers in that month"]);
  });

  it("reads an answer that is decorated, and misses one that is not there", () => {
    const said =
      "Here:\n- **busiest month:** 2025-07\n* Passengers in that month: 34,862\ncancelled crossings: `49`\nleast punctual route: Brannish";
    expect(readAnswer(said)).toEqual({
      "busiest month": "2025-07",
      "passengers in that month": "34862",
      "cancelled crossings": "49",
      "least punctual route": "Brannish",
      "its median delay in minutes": "",
    });
    expect(differences(readAnswer(said), readAnswer("")).length).toBe(LABELS.length);
  });

  it("is made on the file that the seed gives", () => {
    expect(generate()).toBe(shipped);
    expect(generate(7)).not.toBe(shipped);
  });
});

describe("the plan", () => {
  it("begins with the line that the rehearsal knows", () => {
    expect(task("crossings.csv").split("\n")[0]).toBe(DEMONSTRATION_TASK);
  });

  it.each([
    [{ model: null, task: null }, {}, "rehearsal"],
    [{ model: null, task: null }, { ANTHROPIC_API_KEY: "k" }, "claude-haiku-5-5"],
    [{ model: "claude-opus-5-5", task: "count" }, { ANTHROPIC_API_KEY: "k" }, "claude-opus-5-5"],
    [{ model: "local-model", task: null }, { PROVIDERS: "[]" }, "local-model"],
  ])("with %j and %j takes %s", (options, vars: Record<string, string>, model) => {
    expect(chooseModel(options, vars)).toBe(model);
  });

  it.each([
    [{ model: null, task: "count" }, {}],
    [{ model: "claude-opus-5-5", task: null }, {}],
    [{ model: "rehearsal", task: "count" }, { ANTHROPIC_API_KEY: "k" }],
  ])("refuses %j with %j in one sentence", (options, vars: Record<string, string>) => {
    expect(() => chooseModel(options, vars)).toThrow(
      expect.objectContaining({ exitCode: 2, message: expect.stringMatching(/^[^\n]+\.$/) }),
    );
  });

  it("refuses a file with other columns, unless the task is the person's own", () => {
    const bytes = new TextEncoder().encode("a,b\n1,2\n");
    expect(() => makePlan("rehearsal", null, "/tmp/other.csv", bytes)).toThrow(CliError);
    expect(makePlan("claude-opus-5-5", "add up b", "/tmp/other.csv", bytes)).toMatchObject({
      task: "add up b",
      file: { name: "other.csv" },
      expected: null,
    });
  });
});
