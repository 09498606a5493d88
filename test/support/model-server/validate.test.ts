import { describe, expect, it } from "vitest";
import { type Ask, CONTEXT, received } from "./cases/ask.ts";
import { BLOCK_CASES } from "./cases/blocks.ts";
import { CONVERSATION_CASES } from "./cases/conversation.ts";
import { PARAMETER_CASES } from "./cases/parameters.ts";
import { THINKING_CASES } from "./cases/thinking.ts";
import { RULES, type Verdict, validateReceived } from "./validate.ts";

const CASES = { ...PARAMETER_CASES, ...THINKING_CASES, ...BLOCK_CASES, ...CONVERSATION_CASES };

function validate(ask: Ask): Verdict | null {
  return validateReceived(received(ask), CONTEXT);
}

describe("the validator", () => {
  it("has a case for every rule and no other", () => {
    expect(Object.keys(CASES).sort()).toEqual(RULES.map(({ id }) => id).sort());
  });

  it("asks every rule once", () => {
    expect(new Set(RULES.map(({ id }) => id)).size).toBe(RULES.length);
  });

  for (const [id, { passes, refused, status = 400, code }] of Object.entries(CASES)) {
    it(`${id} lets a good request through and refuses a bad one`, () => {
      expect(validate(passes)).toBeNull();
      const verdict = validate(refused);
      expect(verdict).toMatchObject({ rule: id, status });
      expect(verdict?.code).toBe(code);
      expect(verdict?.message).not.toBe("");
    });
  }
});
