/** The model's context window (spec/messages.md §10). */
import { invalid, type Rule, rule } from "../rule.ts";
import { tokensOf } from "../tokens.ts";

export const windowRules: readonly Rule[] = [
  rule("window.prompt", (request) => {
    if (!request.windows) return null;
    const tokens = tokensOf(request.prompt().bytes);
    const window = request.model?.window ?? 0;
    return tokens <= window ? null : invalid(`prompt is too long: ${tokens} tokens > ${window} maximum`);
  }),
];
