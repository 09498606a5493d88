/**
 * The strict Messages validator (spec/messages.md §15; reliability.md I10): every rule with an id, in the order they are asked. The
 * first refusal wins. Rules after the shape rules read leniently, so that each can be tested alone.
 */
import { type Context, type Received, type Request, readRequest } from "./request.ts";
import type { Refusal, Rule } from "./rule.ts";
import { bindingRules } from "./rules/binding.ts";
import { blockRules } from "./rules/blocks.ts";
import { cachingRules } from "./rules/caching.ts";
import { compactionRules } from "./rules/compaction.ts";
import { bodyRules, headerRules } from "./rules/headers.ts";
import { pairingRules } from "./rules/pairing.ts";
import { parameterRules } from "./rules/parameters.ts";
import { sourceRules } from "./rules/sources.ts";
import { systemRules } from "./rules/system.ts";
import { thinkingRules } from "./rules/thinking.ts";
import { toolRules } from "./rules/tools.ts";
import { windowRules } from "./rules/window.ts";

export interface Verdict extends Refusal {
  rule: string;
}

/** Caching comes before blocks, so that a marker on a thinking block is refused as one. */
export const RULES: readonly Rule[] = [
  ...headerRules,
  ...bodyRules,
  ...parameterRules,
  ...thinkingRules,
  ...toolRules,
  ...cachingRules,
  ...blockRules,
  ...sourceRules,
  ...pairingRules,
  ...systemRules,
  ...compactionRules,
  ...windowRules,
  ...bindingRules,
];

/** What is wrong with a request, or null. `GET /v1/models` answers to the header rules alone. */
export function validate(request: Request): Verdict | null {
  const rules = request.endpoint === "models" ? headerRules : RULES;
  for (const rule of rules) {
    const refusal = rule.check(request);
    if (refusal !== null) return { ...refusal, rule: rule.id };
  }
  return null;
}

export function validateReceived(received: Received, context: Context): Verdict | null {
  return validate(readRequest(received, context));
}
