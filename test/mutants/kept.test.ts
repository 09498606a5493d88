/** Every kept mutant has its one place in the sources: whether it is killed is for `npm run prove` to say. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it, test } from "vitest";
import { ROOT } from "../../src/cli/root.ts";
import { KEPT, readMutants } from "./kept.ts";
import { type Mutant, namesOf, patched, patchFor, SUITES } from "./mutant.ts";
import { parse, readSources, type Source, sourceOf } from "./syntax.ts";

const SOURCES = readSources("src");
const NAMES = namesOf(SOURCES);

/** What is wrong with it; null when it makes another program of these sources. */
function misfit({ edits }: Pick<Mutant, "edits">, sources: Source[], names = namesOf(sources)): string | null {
  try {
    const patches = edits.map((edit) => patchFor(edit, names));
    for (const { file, text } of sources) {
      const own = patches.filter((patch) => patch.file === file);
      const changed = patched(text, own);
      if (own.length > 0) parse(changed);
      if (own.length > 0 && changed === text) return `${file} stays as it was`;
    }
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

test("there are as many as there were, each with a name of its own", () => {
  expect(KEPT.length).toBeGreaterThanOrEqual(105);
  expect(new Set(KEPT.map((mutant) => mutant.name)).size).toBe(KEPT.length);
});

test("each has its place", () => {
  const wrong = KEPT.flatMap((mutant) => misfit(mutant, SOURCES, NAMES)?.replace(/^/, `${mutant.name}: `) ?? []);
  expect(wrong).toEqual([]);
});

test("each suite's tests are there", () => {
  const files = Object.values(SUITES).flat();
  expect(files.filter((file) => !existsSync(resolve(ROOT, file)))).toEqual([]);
});

test("every bug of the museum has one", () => {
  const rules = KEPT.map((mutant) => mutant.rule).join(" ");
  const bugs = Array.from({ length: 24 }, (_, i) => `B${i + 1}`);
  expect(bugs.filter((bug) => !new RegExp(`\\b${bug}\\b`).test(rules))).toEqual([]);
});

describe("an edit", () => {
  const text = `export class Log {
      #epoch = 0;
      commit(batch: Batch): void {
        // The fence.
        if (batch.epoch !== this.#epoch) throw new Fenced();
        for (const row of batch.rows) {
          if (!row.id) return;
        }
        if (!batch.rows) return;
      }
    }
    function due(times: number[]) { return times.length > 0 ? Math.min(...times) : null; }
    const LIMITS = { small: 1, large: { bytes: 2 } } as const;`;
  const edit = (lines: string) => readMutants(`# I0: a mutant\n${lines}`, "core")[0] as Mutant;
  const change = (lines: string, source = text) => {
    const sources = [sourceOf("src/any.ts", source)];
    const patches = edit(lines).edits.map((one) => patchFor(one, namesOf(sources)));
    return patched(source, patches).replace(/\s+/g, " ");
  };
  const refusal = (lines: string, ...files: string[]) =>
    misfit(
      edit(lines),
      ["src/any.ts", ...files].map((file) => sourceOf(file, text)),
    );

  it("replaces what its pattern fits, with what it caught", () => {
    const fence = "@ commit\n- if ($batch.epoch !== this.epoch) throw $_;";
    expect(change(`${fence}\n+ if (!$batch) $0`)).toContain("if (!batch) if (batch.epoch !== this.#epoch) throw");
    expect(change(fence)).toContain("// The fence. ; for");
    expect(change("@ due\n- $some ? $_ : $none\n+ $none ?? !$some")).toContain("return (null ?? !(times.length > 0));");
    expect(change("@ LIMITS\n- large: { bytes: $_ }\n+ large: { bytes: 0 }")).toContain(
      "small: 1, large: { bytes: 0 } }",
    );
  });

  it("is led to one of two places that are alike", () => {
    expect(change("@ commit\n< for (const $_ of $_) $_;\n- if (!$_) return;")).toContain("of batch.rows) { ; }");
    expect(change("@ commit\n- for (const $_ of $_) $_; if (!$x.rows) return;\n+ $x")).toContain(
      "throw new Fenced(); batch }",
    );
  });

  it("does not mind layout, comments, types, braces, order and the names of locals", () => {
    const moved = `
      function commit<T>(made: T) {
        log(made);
        if (made!.epoch as number /* not ours */ !== this.epoch) { throw new Fenced("late"); }
      }`;
    expect(change("@ commit\n- if ($batch.epoch !== this.epoch) throw $_;\n+ $batch", moved)).toContain(
      "log(made); made }",
    );
  });

  it("is told when it has no place, more than one, or makes no program", () => {
    expect(refusal("@ prune\n- $_;")).toBe("nothing is named prune");
    expect(refusal("@ due\n- Math.max($$)")).toBe("nothing in due is like: Math.max($$)");
    expect(refusal("@ commit\n- if (!$_) return;")).toBe(
      "src/any.ts:7 and src/any.ts:9 are all like: if (!$_) return;",
    );
    expect(refusal("@ due\n- Math.min($$)", "src/b.ts")).toBe(
      "src/any.ts:12 and src/b.ts:12 are all like: Math.min($$)",
    );
    expect(refusal("@ due\n- Math.min($_)\n+ $x")).toBe("Math.min($_) catches no $x");
    expect(refusal("@ due\n- Math.min($$)\n+ Math.(")).toContain("Parse failed");
    expect(refusal("@ commit\n- if (!$x.rows) $then\n+ if (!$x.rows) $then")).toBe("src/any.ts stays as it was");
    expect(refusal("@ due\n- $_.length > 0\n@ due\n- $_.length\n+ 1")).toBe("two edits meet in src/any.ts");
    expect(refusal("@ commit\n- if (!$x.rows) return;")).toBe(null);
    expect(() => edit("@ due\n! $_")).toThrow("not a line of an edit: ! $_");
  });
});
