/** What `npm run prove` makes of its layers: the summary in the README by its form, and that nothing which did not run counts as proven. */
import { describe, expect, test } from "vitest";
import { verdict } from "./museum.ts";
import { read } from "./suite.ts";
import { claim, type Made, publish, published, summary } from "./summary.ts";

const MADE: Made = {
  command: "npm run prove",
  date: "2026-01-02",
  commit: "0123abc",
  node: "v24.0.0",
  cores: 2,
  seconds: 90,
};
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
