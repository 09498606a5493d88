/** What the server keeps of its answers: the thinking it gave out, and enough of each prompt for `diagnostics` (spec/messages.md §5, §9). */
import { type Fields, fields, given, text } from "./json.ts";
import type { Memory, Request } from "./request.ts";
import { tokensOf } from "./tokens.ts";

interface Answered {
  model: string;
  toolsDigest: string;
  systemDigest: string;
  chain: string;
  tokens: number;
}

export class AnswerMemory implements Memory {
  private readonly thinking = new Map<string, string[][]>();
  private readonly unknownTypes = new Set<string>();
  private readonly answered = new Map<string, Answered>();

  thinkingBefore(digest: string): readonly (readonly string[])[] | undefined {
    return this.thinking.get(digest);
  }

  gaveOut(type: string): boolean {
    return this.unknownTypes.has(type);
  }

  rememberUnknown(type: string): void {
    this.unknownTypes.add(type);
  }

  /** Notes that `seals` went out before the block at which the prompt digest is `digest`. */
  rememberThinking(digest: string, seals: readonly string[]): void {
    const known = this.thinking.get(digest) ?? [];
    if (!known.some((entry) => entry.join() === seals.join())) known.push([...seals]);
    this.thinking.set(digest, known);
  }

  rememberPrompt(messageId: string, request: Request): void {
    const { toolsDigest, systemDigest, chain, bytes } = request.prompt();
    const tokens = tokensOf(bytes);
    this.answered.set(messageId, { model: request.model?.id ?? "", toolsDigest, systemDigest, chain, tokens });
  }

  /** The response's `diagnostics`: null when not asked, on a first turn, or when the conversation only grew. */
  diagnose(request: Request): Fields | null {
    const asked = fields(request.body.diagnostics).previous_message_id;
    if (!given(asked)) return null;
    const before = this.answered.get(text(asked));
    if (before === undefined) return { cache_miss_reason: { type: "previous_message_not_found" } };
    const type = changeSince(before, request);
    return type === null ? null : { cache_miss_reason: { type, cache_missed_input_tokens: before.tokens } };
  }

  clear(): void {
    this.thinking.clear();
    this.answered.clear();
    this.unknownTypes.clear();
  }
}

function changeSince(before: Answered, request: Request): string | null {
  const prompt = request.prompt();
  if (before.model !== request.model?.id) return "model_changed";
  if (before.toolsDigest !== prompt.toolsDigest) return "tools_changed";
  if (before.systemDigest !== prompt.systemDigest) return "system_changed";
  return prompt.places.some(({ chain }) => chain === before.chain) ? null : "messages_changed";
}
