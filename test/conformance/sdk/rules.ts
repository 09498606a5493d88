/** The end of each file: how often each of the validator's rules looked at something here, and none that had to may have looked at nothing. */
import { beforeAll, expect, test } from "vitest";
import { evaluated, forgetEvaluated, RULE_IDS } from "../validator/validator.ts";

/** Rules about single bodies, for files that run no session. */
export const BODY_RULES = ["schema", "id-pattern", "timestamp"];
export { RULE_IDS };

/** Call it last: tests of a file run in order. */
export function reportRules(required: readonly string[]): void {
  // Files share the process.
  beforeAll(forgetEvaluated);
  test("every rule that could apply has looked at something", () => {
    const counts = RULE_IDS.map((rule): [string, number] => [rule, evaluated().get(rule) ?? 0]);
    console.log(counts.map(([rule, count]) => `${rule.padEnd(26)} ${count}`).join("\n"));
    expect(counts.filter(([rule, count]) => required.includes(rule) && count === 0)).toEqual([]);
  });
}
