/** Every rule must pass what is right and catch what is wrong, under its own name. */
import { describe, expect, test } from "vitest";
import type { Control } from "./controls/control.ts";
import { LOG_CONTROLS } from "./controls/logs.ts";
import { STREAM_CONTROLS } from "./controls/streams.ts";
import { VALUE_CONTROLS } from "./controls/values.ts";
import { evaluated, RULE_IDS } from "./validator.ts";

const CONTROLS: Control[] = [...VALUE_CONTROLS, ...LOG_CONTROLS, ...STREAM_CONTROLS];

describe.each(RULE_IDS)("%s", (rule) => {
  const own = CONTROLS.filter((control) => control.rule === rule);

  test("has a control", () => {
    expect(own).not.toEqual([]);
  });

  test.each(own)("passes the right one and catches: $about", ({ good, bad }) => {
    const before = evaluated().get(rule) ?? 0;
    expect(good()).toEqual([]);
    expect(evaluated().get(rule) ?? 0).toBeGreaterThan(before);
    expect(bad().map((violation) => violation.rule)).toContain(rule);
  });
});

test("every control is of a rule that exists, and rules have names of their own", () => {
  expect(CONTROLS.filter(({ rule }) => !RULE_IDS.includes(rule))).toEqual([]);
  expect(new Set(RULE_IDS).size).toBe(RULE_IDS.length);
});
