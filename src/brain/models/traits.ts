/** The shape of what is known about a model. */
import type { BetaModelLine } from "@anthropic-ai/sdk/resources/beta/models";
import type { EffortLevel } from "../../protocol/model-config.ts";

export type ThinkingKind = "adaptive" | "between_tools" | "disabled" | "enabled";

/** USD per million tokens; holds for requests whose whole prompt, cached tokens included, is longer than `aboveTokens`. */
export interface PriceTier {
  aboveTokens: number;
  input: number;
  cacheWrite5m: number;
  cacheWrite1h: number;
  cacheRead: number;
  output: number;
}

/** What pricing needs to know about a model: `prices` is null when it has no public price. */
export interface Priced {
  prices: readonly PriceTier[] | null;
  /** Whether `inference_geo: "us"` costs more (spec/messages.md §3). */
  geoPriced: boolean;
}

export interface ModelFacts extends Priced {
  id: string;
  /** Other ids of the same model, with dates. */
  aliases: readonly string[];
  displayName: string;
  line: BetaModelLine | null;
  /** RFC 3339; null when unknown. */
  released: string | null;
  /** RFC 3339; set means deprecated. */
  retiresAt: string | null;
  /** Tokens of the context window. */
  contextWindow: number;
  /** The largest `max_tokens`. */
  maxOutput: number;
  /** Null: the model takes no effort. */
  effort: { levels: readonly EffortLevel[]; default: EffortLevel } | null;
  /** The values of `thinking.type` that do not end in a 400 (spec/messages.md §4). */
  thinking: readonly ThinkingKind[];
  /** Whether text between tool calls comes as thinking blocks, shown only with `display: "updates"` (spec/messages.md §4). */
  narrates: boolean;
  /** Whether `role: "system"` messages may follow in the conversation (spec/messages.md §6). */
  systemMessages: boolean;
  /** Whether it answers on-demand compaction (spec/messages.md §10). */
  compaction: boolean;
  /** Whether `speed: "fast"` works, and the beta it needs if any. */
  fast: { beta: string | null } | null;
  /** Prompts shorter than this are silently not cached (spec/messages.md §3). */
  minCacheableTokens: number;
}
