/** Thinking must come back as it went out (spec/messages.md §5, §15.6). */
import { fields, given } from "../json.ts";
import { isThinking, type Message, pathOf } from "../message.ts";
import { prefixDigest } from "../prompt.ts";
import type { Request } from "../request.ts";
import { firstOf, invalid, type Refusal, type Rule, rule } from "../rule.ts";
import { checkThinking, sealOf } from "../thinking.ts";

const LATEST =
  "`thinking` or `redacted_thinking` blocks in the latest assistant message cannot be modified. These blocks must remain as they were in the original response.";

/** A whole tool loop is one assistant turn: messages from the last input that is not tool results on. */
function latestTurn(messages: Message[]): number[] {
  const turn: number[] = [];
  let i = messages.findLastIndex(({ role }) => role === "assistant");
  for (; i >= 0; i--) {
    const message = messages[i] as Message;
    if (message.role === "assistant") turn.unshift(i);
    else if (message.role === "user" && !message.content.some(({ type }) => type === "tool_result")) break;
  }
  return turn;
}

/** Where an answer is known, the thinking before each of its blocks must be what went out before it; a cut tail is allowed. */
function checkLatest(request: Request, message: number): Refusal | null {
  const prompt = request.prompt();
  const sent: string[] = [];
  return firstOf(
    prompt.places.filter((place) => place.message === message),
    ({ block, chain, index }) => {
      if (isThinking(block)) {
        sent.push(sealOf(block));
        return null;
      }
      const known = request.memory.thinkingBefore(prefixDigest(prompt, chain));
      const same = known?.some((given) => given.length === sent.length && given.every((seal, k) => seal === sent[k]));
      return same === false ? invalid(LATEST, pathOf(message, index)) : null;
    },
  );
}

function refuseThinking(type: string, path: string, why: string): Refusal {
  return invalid(`Invalid \`signature\` in \`${type}\` block.${why}`, path);
}

export const bindingRules: readonly Rule[] = [
  rule("binding.latest_turn", (request) =>
    firstOf(latestTurn(request.messages), (message) => checkLatest(request, message)),
  ),
  rule("binding.signature", (request) =>
    firstOf(checkThinking(request), ({ verdict, type, path }) =>
      verdict === "damaged" ? refuseThinking(type, path, "") : null,
    ),
  ),
  rule("binding.prefix", (request) => {
    const behavior = fields(fields(request.body.thinking).block_binding).prefix_mismatch_behavior;
    if (behavior === "drop_block" && given(behavior)) return null;
    return firstOf(checkThinking(request), ({ verdict, type, path }) => {
      const why = " The block is bound to a different conversation. Send the conversation exactly as it was.";
      return verdict === "prefix_binding_mismatch" ? refuseThinking(type, path, why) : null;
    });
  }),
];
