/** The museum is complete: each bug of reliability.md §1c has a test that begins with its name. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const BUGS = Array.from({ length: 24 }, (_, i) => `B${i + 1}`);

function missing(sources: string[]): string[] {
  const named = new Set(
    sources.flatMap((source) => [...source.matchAll(/^ *"?(?:test\(")?(B\d+): /gm)].map(([, name]) => name)),
  );
  return BUGS.filter((bug) => !named.has(bug));
}

test("every bug has its test", () => {
  const files = readdirSync(import.meta.dirname).filter(
    (file) => file.endsWith(".test.ts") && file !== "museum.test.ts",
  );
  const sources = files.map((file) => readFileSync(join(import.meta.dirname, file), "utf8"));
  expect(missing(sources)).toEqual([]);
  expect(missing(sources.map((source) => source.replaceAll("B7: ", "")))).toEqual(["B7"]);
});
