/** Every kept mutant still fits the sources: whether it is killed is for `npm run prove` to say. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "../../src/cli/root.ts";
import { KEPT } from "./kept/index.ts";
import { applied, type Mutant } from "./mutant.ts";

function fits({ edits }: Mutant): string[] {
  return [...new Set(edits.map((edit) => edit.file))].flatMap((file) => {
    const source = readFileSync(resolve(ROOT, file), "utf8");
    try {
      const own = edits.filter((edit) => edit.file === file);
      return applied(source, own) === source ? [`${file}: changes nothing`] : [];
    } catch (error) {
      return [String(error)];
    }
  });
}

test("there are enough of them, each with a name of its own", () => {
  expect(KEPT.length).toBeGreaterThan(60);
  expect(new Set(KEPT.map((mutant) => mutant.name)).size).toBe(KEPT.length);
});

test("each applies exactly once", () => {
  expect(KEPT.flatMap((mutant) => fits(mutant).map((said) => `${mutant.name}: ${said}`))).toEqual([]);
});

test("one that does not fit, and one that fits twice, are told", () => {
  const wrong = (find: string): Mutant => ({
    name: "",
    rule: "",
    suite: "core",
    edits: [{ file: "src/log/log.ts", find, replace: "" }],
  });
  expect(fits(wrong("not in there"))[0]).toContain("does not contain");
  expect(fits(wrong("this.#epoch"))[0]).toContain("more than once");
});

test("every bug of the museum has one", () => {
  const rules = KEPT.map((mutant) => mutant.rule).join(" ");
  const bugs = Array.from({ length: 24 }, (_, i) => `B${i + 1}`);
  expect(bugs.filter((bug) => !new RegExp(`\\b${bug}\\b`).test(rules))).toEqual([]);
});
