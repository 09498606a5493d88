/** What `npm run prove` makes of its layers: the summary in the README by its form, and that nothing which did not run counts as proven. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { ROOT } from "../../src/cli/root.ts";
import { type Row, untried } from "./layer.ts";
import { verdict } from "./museum.ts";
import { read } from "./suite.ts";
import { claim, type Made, publish, published, type Ran, summary, sumUp } from "./summary.ts";

const MADE: Made = {
  command: "npm run prove",
  date: "2026-01-02",
  commit: "0123abc",
  node: "v24.0.0",
  cores: 2,
  seconds: 90,
};
const HEAD =
  /^`(npm run prove[^`]*)` on \d{4}-\d\d-\d\d, commit [0-9a-f]{7,}\+?, Node v\d+\.\d+\.\d+, \d+ cores, \d+\.\d minutes:$/;

/** What is wrong with the form of a block; its numbers are the run's. */
function wrongForm(block: string | null, name: string, wanted: string[]): string[] {
  const lines = (block ?? "").split("\n");
  const command = HEAD.exec(lines[0] ?? "")?.[1] ?? "";
  const rows = lines.filter((line) => /^\| \S.* \| \S.* \|$/.test(line));
  return [
    ...(command.startsWith(name) ? [] : ["no line with command, date, commit, Node and time"]),
    ...wanted.filter((what) => !rows.some((row) => row.startsWith(`| ${what} | `))).map((what) => `no row: ${what}`),
    ...(rows.some((row) => row === "| violations | 0 |") ? [] : ["it does not say that there was no violation"]),
  ];
}

const PROVE = [
  "seeded schedules",
  "faults delivered",
  "invariants evaluated",
  "crash points enumerated",
  "double crashes",
  "in real workerd",
  "mutants",
  "bugs of other runtimes",
  "log fuzz",
  "time of each layer",
];
const KILLED = ["load", "rounds", "acknowledged events", "events doubled", "model requests", "tool calls"];

describe("the README", () => {
  const readme = readFileSync(resolve(ROOT, "README.md"), "utf8");
  const sample = (rows: string[], command: string) =>
    summary({ ...MADE, command }, [...rows.map((what): Row => [what, "1"]), ["violations", "0"]], claim(1, 2));

  test("shows the last run of each command, with the claim; before the first run its place is empty", () => {
    const [prove, killed] = [published(readme, "prove"), published(readme, "prove:kill")];
    expect(prove).not.toBeNull();
    expect(killed).not.toBeNull();
    if (prove) {
      expect(wrongForm(prove, "npm run prove", PROVE)).toEqual([]);
      const [, points, schedules] = CLAIM.exec(prove) ?? [];
      expect(prove).toContain(`> ${claim(numberOf(points), numberOf(schedules))}`);
    }
    if (killed) expect(wrongForm(killed, "npm run prove:kill", KILLED)).toEqual([]);
  });

  test("would not pass with a row less, without its command or with a violation", () => {
    const block = sample(PROVE, "npm run prove");
    const rest = (without: string) =>
      block
        .split("\n")
        .filter((line) => !line.includes(without))
        .join("\n");
    expect(wrongForm(block, "npm run prove", PROVE)).toEqual([]);
    expect(wrongForm(rest("| mutants |"), "npm run prove", PROVE)).toEqual(["no row: mutants"]);
    expect(wrongForm(rest("commit"), "npm run prove", PROVE)).toHaveLength(1);
    expect(wrongForm(block.replace("| violations | 0 |", "| violations | 1 |"), "npm run prove", PROVE)).toHaveLength(
      1,
    );
    expect(wrongForm(sample(KILLED, "npm run prove"), "npm run prove:kill", KILLED)).toHaveLength(1);
  });
});

const CLAIM = /at any of ([\d,]+) enumerated points and ([\d,]+) seeded schedules/;
const numberOf = (text: string | undefined) => Number(text?.replaceAll(",", ""));

test("nothing is claimed by a run with a failure, or without schedules or crash points", () => {
  const layer = (more: Partial<Ran>): Ran => ({ letter: "A", seconds: 1, lines: [], rows: [], failures: [], ...more });
  const whole = [layer({ schedules: 5 }), layer({ letter: "B", points: 7 })];
  expect(sumUp(whole).claim).toBe(claim(7, 5));
  expect(sumUp([...whole, layer({ letter: "C", failures: ["x"] })])).toMatchObject({ claim: null, violations: 1 });
  expect(sumUp(whole.slice(0, 1)).claim).toBeNull();
  expect(sumUp(whole.slice(1)).claim).toBeNull();
});

test("what a layer never did is a failure of it", () => {
  expect(untried({ aborts: 1, logs: 2 })).toEqual([]);
  expect(untried({ aborts: 1, logs: 0, scenarios: Number.NaN })).toEqual([
    "there was not once logs",
    "there was not once scenarios",
  ]);
});

test("a block is replaced between its own marks alone", () => {
  const readme =
    "a\n<!-- prove:begin -->\nold\n<!-- prove:end -->\nb\n<!-- prove:kill:begin -->\nx\n<!-- prove:kill:end -->\n";
  const text = summary(MADE, [["seeded schedules", "7"]], claim(1, 2));
  const written = publish(readme, "prove", text);
  expect(published(written, "prove")).toBe(text);
  expect(published(written, "prove:kill")).toBe("x");
  expect(publish(written, "prove", "old")).toBe(readme);
  expect(() => publish(readme, "other", "x")).toThrow("<!-- other:begin -->");
  expect(published(readme, "other")).toBeNull();
});

const file = (...tests: [name: string, status: string][]) => ({
  name: "a.test.ts",
  assertionResults: tests.map(([fullName, status]) => ({ fullName, status })),
});

describe("a layer of test files", () => {
  test("fails when nothing ran, when a file has no tests, when a test failed or was left out", () => {
    const failures = (...files: ReturnType<typeof file>[]) => read("f", { testResults: files }, "").failures;
    expect(failures(file(["x", "passed"]))).toEqual([]);
    expect(failures()).toEqual(["no test ran in f"]);
    expect(failures(file(["x", "passed"]), file())).toEqual(["a.test.ts: has no tests"]);
    expect(failures(file(["x", "failed"]))).toEqual(["x: failed"]);
    expect(failures(file(["x", "pending"]))).toEqual(["x: pending"]);
  });

  test("adds up what its tests counted", () => {
    const { counts } = read("f", { testResults: [file(["x", "passed"])] }, '{"cuts":2}\n{"cuts":3,"other":1}\n');
    expect(counts).toEqual({ cuts: 5, other: 1 });
  });

  test("knows the tests of a bug by its number", () => {
    const { tests } = read(
      "f",
      { testResults: [file(["B1: a", "passed"], ["B1: b", "failed"], ["B12: c", "passed"])] },
      "",
    );
    expect(verdict("B1", tests)).toEqual({ bug: "B1", tests: 2, held: false });
    expect(verdict("B12", tests)).toEqual({ bug: "B12", tests: 1, held: true });
    expect(verdict("B2", tests)).toEqual({ bug: "B2", tests: 0, held: false });
  });
});
