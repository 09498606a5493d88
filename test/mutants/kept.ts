/**
 * Every kept mutant, read from `kept/`: one file per suite or subject, in blocks like a patch's.
 *
 *     # I5: a call runs before its dispatch is written
 *     @ nextCall
 *     < if ($_) $_;
 *     - if ($has(dispatched)) $_;
 *     + console.log($0);
 *
 * The rule and what is broken; the function; patterns that lead to the place; the pattern; what stands there instead (nothing: it is removed).
 * More `@` are more edits of the same mutant.
 */
import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { type Edit, type Mutant, SUITES, type SuiteName } from "./mutant.ts";

const FOLDER = resolve(import.meta.dirname, "kept");

export const KEPT: Mutant[] = readdirSync(FOLDER)
  .toSorted()
  .flatMap((file) => readMutants(readFileSync(resolve(FOLDER, file), "utf8"), suiteOf(file)));

/** A suite's own file has its name; the others are of the core. */
function suiteOf(file: string): SuiteName {
  return (Object.keys(SUITES) as SuiteName[]).find((suite) => file.startsWith(`${suite}.`)) ?? "core";
}

/** Throws on a line that means nothing. */
export function readMutants(text: string, suite: SuiteName): Mutant[] {
  return text
    .split(/^# /m)
    .slice(1)
    .map((block) => {
      const [head = "", ...edits] = block.split(/^@ /m);
      const [, rule, name] = head.match(/^(.+?): (.+)\s*$/) ?? [];
      if (!rule || !name || edits.length === 0) throw new Error(`not a mutant: ${block}`);
      return { name, rule, suite, edits: edits.map(readEdit) };
    });
}

function readEdit(text: string): Edit {
  const [at = "", ...lines] = text.trimEnd().split("\n");
  const odd = lines.find((line) => !/^[<+-] /.test(line));
  if (odd !== undefined) throw new Error(`not a line of an edit: ${odd}`);
  const after = (sign: string) => lines.filter((line) => line.startsWith(sign)).map((line) => line.slice(2));
  return { at, inside: after("<"), pattern: after("-").join("\n"), replacement: after("+").join("\n") };
}
